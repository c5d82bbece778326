/** What `vlmevalkit://…` names: a data set of VLMEvalKit, or a TSV of one's own; and where the file of either is looked for. */

import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { NelError } from '../../../core/errors.js';
import { nearestName } from '../../../core/nearest.js';
import type { LineMethod } from '../../../core/scoring/vlm/line.js';
import { catalogueNames } from '../../../core/vlm/catalogue.js';

export type Env = Readonly<Record<string, string | undefined>>;

export interface VlmAddressParts {
  /** Data set, or the TSV's name without its ending. */
  readonly name: string;
  /** Of a TSV of one's own, absolute; null for a name. */
  readonly file: string | null;
  /** How a TSV of one's own is asked and scored; null: told by its columns. */
  readonly type: 'MCQ' | 'Y/N' | 'VQA' | null;
  /** The data set of VLMEvalKit whose prompts, rules and reports a TSV of one's own has; instead of a type. */
  readonly like: string | null;
  /** The rule of a VQA one; null: equal after normalisation. */
  readonly metric: LineMethod | null;
}

const SCHEME = 'vlmevalkit://';
const PARAMETERS = ['type', 'metric', 'like'];
const TYPES = ['MCQ', 'Y/N', 'VQA'] as const;
const METRICS: readonly LineMethod[] = ['vqa_score', 'anls', 'relaxed_accuracy', 'accuracy', 'normalised'];

/**
 * `NAME`, `./my.tsv?type=MCQ`, `./my.tsv?type=VQA&metric=anls`, `./my.tsv?like=MMMU_DEV_VAL`, with or without `vlmevalkit://` before it.
 * @throws NelError of kind `usage`
 */
export function parseVlmAddress(address: string, cwd: string): VlmAddressParts {
  const rest = address.startsWith(SCHEME) ? address.slice(SCHEME.length) : address;
  const [target = '', query = ''] = splitOnce(rest, '?');
  const parameters = new URLSearchParams(query);
  const unknown = [...parameters.keys()].find((key) => !PARAMETERS.includes(key));
  if (unknown !== undefined) throw usage(address, `knows no parameter ${JSON.stringify(unknown)}`, `Known: ${PARAMETERS.join(', ')}.`);
  const isFile = target.includes('/') || target.toLowerCase().endsWith('.tsv');
  if (!isFile && !/^[A-Za-z0-9][\w.+-]*$/.test(target)) throw usage(address, 'names no data set', `For a file: ${SCHEME}./my.tsv?type=MCQ`);
  const type = oneOf(address, 'type', parameters.get('type'), TYPES);
  const metric = oneOf(address, 'metric', parameters.get('metric'), METRICS);
  if (metric !== null && type !== 'VQA') throw usage(address, 'has a metric, which only type=VQA takes');
  const like = oneOf(address, 'like', parameters.get('like'), catalogueNames());
  if (like !== null && type !== null) throw usage(address, 'has both a type and like', 'Give one of them.');
  if (!isFile) return { name: target, file: null, type, like, metric };
  const file = path.resolve(cwd, target);
  const name = path.basename(file).replace(/\.tsv$/i, '');
  return { name: name.replace(/[^\w.-]/g, '_') || 'vlm', file, type, like, metric };
}

function splitOnce(text: string, sign: string): [string, string] {
  const at = text.indexOf(sign);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + sign.length)];
}

function oneOf<T extends string>(address: string, name: string, value: string | null, known: readonly T[]): T | null {
  if (value === null) return null;
  const found = known.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
  if (found === undefined) {
    const near = nearestName(value, known);
    const hint = known.length < 10 ? `Known: ${known.join(', ')}.` : near === undefined ? undefined : `Did you mean ${near}?`;
    throw usage(address, `has the ${name} ${JSON.stringify(value)}`, hint);
  }
  return found;
}

function usage(address: string, problem: string, hint?: string): NelError {
  return new NelError('usage', `${JSON.stringify(address)} ${problem}`, hint === undefined ? {} : { hint });
}

export function unknownName(name: string, folders: readonly string[]): NelError {
  const near = nearestName(name, catalogueNames());
  return new NelError(
    'usage',
    `VLMEvalKit knows no data set ${JSON.stringify(name)}, and there is no ${name}.tsv in ${folders.join(' or ')}`,
    {
      hint: near === undefined ? `For a file of your own: ${SCHEME}./${name}.tsv?type=MCQ` : `Did you mean ${near}?`,
    },
  );
}

/** Where data sets are looked for, first to last; the first is where they are downloaded to. */
export function dataFolders(env: Env): string[] {
  const home = path.join(env['HOME'] || homedir(), 'LMUData');
  const named = env['LMUData']?.trim();
  return named ? [...new Set([path.resolve(named), home])] : [home];
}

/** The file of a data set among the folders, or null. */
export function findTsv(name: string, folders: readonly string[]): string | null {
  const candidates = folders.map((folder) => path.join(folder, `${name}.tsv`));
  return candidates.find((file) => existsSync(file) && statSync(file).isFile()) ?? null;
}

/** VLMEvalKit's folders of images that several data sets share. */
const SHARED_IMAGES: readonly (readonly [RegExp, string])[] = [
  [/OCRVQA/, 'OCRVQA'],
  [/^COCO_VAL$/, 'COCO'],
  [/^MMBench_(?:(?:DEV|TEST)_(?:EN|CN)|DEV_KO|CN|V11|CN_V11)$/, 'MMBench'],
  [/^MMBench_(?:DEV|TEST)_(?:EN|CN)_V11$/, 'MMBench_V11'],
];

/** Folders that image files of a data set may stand in. */
export function imageFolders(name: string, folders: readonly string[]): string[] {
  const shared = SHARED_IMAGES.find(([pattern]) => pattern.test(name))?.[1] ?? name;
  return folders.flatMap((folder) => [path.join(folder, 'images', shared), path.join(folder, 'images')]);
}
