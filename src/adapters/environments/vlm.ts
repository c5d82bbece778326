/** The environment of VLMEvalKit's data sets: a TSV with images becomes prompts with images, answers are scored by VLMEvalKit's rules. */

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import type { ScoreSummary } from '../../core/benchmark.js';
import type { Environment, Seed, Verification } from '../../core/environment.js';
import { errorMessage, NelError } from '../../core/errors.js';
import type { Json, JsonObject } from '../../core/json.js';
import type { ChatMessage, ContentPart, GenerationSettings } from '../../core/model.js';
import { type CatalogueEntry, catalogueEntry } from '../../core/vlm/catalogue.js';
import { customKind, kindOf, type VlmKind } from '../../core/vlm/kinds.js';
import { buildPrompt } from '../../core/vlm/prompts.js';
import { type RowScorer, rowScorer } from '../../core/vlm/score-row.js';
import { createVlmSummary, reportColumns } from '../../core/vlm/summary.js';
import { dataFolders, type Env, findTsv, imageFolders, parseVlmAddress, unknownName, type VlmAddressParts } from './vlm/address.js';
import { downloadTsv } from './vlm/download.js';
import { type ImageSource, imagePaths, readImageFile, rowImages } from './vlm/images.js';
import { missingColumn, readVlmTable, type VlmRow, type VlmTable } from './vlm/table.js';

export interface VlmEnvironmentOptions {
  /** `vlmevalkit://NAME` or `vlmevalkit://./my.tsv?type=MCQ`, with or without the scheme. */
  readonly address: string;
  /** What relative paths are relative to. */
  readonly cwd: string;
  /** LMUData and HOME, HF_TOKEN, HF_ENDPOINT and the proxy variables are read from it. */
  readonly env: Env;
  readonly signal: AbortSignal;
  /** Sent before every problem; null for none, as VLMEvalKit has it. */
  readonly systemPrompt: string | null;
}

export interface VlmEnvironment {
  readonly environment: Environment;
  readonly createSummary: () => ScoreSummary;
  readonly scorerName: string;
  /** What prompts and scores depend on besides the data: part of the definition hash. */
  readonly definition: JsonObject;
  /** VLMEvalKit asks its models without sampling. */
  readonly generation: GenerationSettings;
}

/** The version of VLMEvalKit whose rules these are. */
const REFERENCE = 'VLMEvalKit@e8e78f0';

/**
 * Finds or downloads the file, reads it through once, and keeps it open: images are read when a problem is asked.
 * @throws NelError of kind `usage` for an unknown name, `data` for a file that cannot be had or is broken, `config` for a data set that is not
 * read natively
 */
export async function openVlmEnvironment(options: VlmEnvironmentOptions): Promise<VlmEnvironment> {
  const { cwd, env, signal, systemPrompt } = options;
  const address = parseVlmAddress(options.address, cwd);
  const folders = dataFolders(env);
  const located = await locate(address, folders, env, signal);
  const { file, entry } = located;
  const handle = await openFile(file);
  try {
    const table = await readVlmTable(file, handle, signal);
    checkDigest(file, table, entry);
    const kind = located.kind ?? toldByColumns(address, table);
    checkColumns(file, table, kind);
    const roots = [...imageFolders(address.like ?? address.name, folders), ...(address.file === null ? [] : [path.dirname(file)])];
    const images: ImageSource = { file, handle, table, roots };
    const known = entry?.name ?? address.like;
    // A name of one's own says nothing about the rule.
    const scorer = known === null ? rowScorer(kind, address.name, address.metric ?? 'normalised') : rowScorer(kind, known);
    const fingerprint = await fingerprintOf(images, signal);
    return assemble({ address, kind, images, scorer, systemPrompt, fingerprint });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (error) {
    throw new NelError('data', `the file cannot be read: ${errorMessage(error)}`, { at: { file }, cause: error });
  }
}

interface Located {
  readonly file: string;
  /** Null where the columns must tell. */
  readonly kind: VlmKind | null;
  readonly entry?: CatalogueEntry;
}

async function locate(address: VlmAddressParts, folders: readonly string[], env: Env, signal: AbortSignal): Promise<Located> {
  const { name, type, like } = address;
  const custom = like !== null ? nativeKind(like) : type === null ? null : customKind(type, name);
  if (address.file !== null) return { file: address.file, kind: custom };
  const entry = catalogueEntry(name);
  const found = findTsv(name, folders);
  if (entry === undefined) {
    if (found === null) throw unknownName(name, folders);
    return { file: found, kind: custom };
  }
  if (custom !== null) {
    throw new NelError('usage', `${name} is a data set of VLMEvalKit and has its own type`, {
      hint: 'Leave type and like out, or name a file.',
    });
  }
  const kind = nativeKind(name);
  return { file: found ?? (await fetched(entry, folders, env, signal)), kind, entry };
}

/** How a data set of the catalogue is read. @throws NelError of kind `config` where it is not */
function nativeKind(name: string): VlmKind {
  const kind = kindOf(name);
  if (typeof kind === 'object') return kind;
  const className = `class ${catalogueEntry(name)?.className ?? 'unknown'}`;
  if (kind === 'own_rules') {
    throw new NelError('config', `${name} has a program of its own in VLMEvalKit (${className}) and is not read here`, {
      hint: `A TSV of its rows can be run with another rule: vlmevalkit://./${name}.tsv?type=VQA`,
    });
  }
  throw new NelError(
    'config',
    `${name} is scored by a judge model in VLMEvalKit (${className}), with a prompt of its own, and there is no rule for it without one`,
    {
      hint: `A TSV of its rows can be asked and graded by a judge of yours: vlmevalkit://./${name}.tsv?type=VQA with metrics: [{type: judge, …}]`,
    },
  );
}

async function fetched({ name, url, md5 }: CatalogueEntry, folders: readonly string[], env: Env, signal: AbortSignal): Promise<string> {
  const [folder] = folders;
  if (typeof url !== 'string' || folder === undefined) {
    throw new NelError('data', `${name} has no file to download: VLMEvalKit makes it by its own program`, {
      hint: `Make it there, and put ${name}.tsv into ${folders.join(' or ')}.`,
    });
  }
  const target = path.join(folder, `${name}.tsv`);
  await downloadTsv({ url, md5, target, env, signal });
  return target;
}

/** A file that was there already is held to the same MD5 as one that is downloaded. */
function checkDigest(file: string, { digests }: VlmTable, entry: CatalogueEntry | undefined): void {
  if (entry === undefined || entry.md5 === null || entry.md5.toLowerCase() === digests.md5) return;
  throw new NelError('data', `this is not VLMEvalKit's ${entry.name}: its MD5 is ${digests.md5}, not ${entry.md5}`, {
    at: { file },
    hint: 'Delete it to have it downloaded again, or name the file itself: vlmevalkit://PATH?type=…',
  });
}

/** As VLMEvalKit does with a file that it does not know: options A and B make it multiple choice. */
function toldByColumns({ name }: VlmAddressParts, { columns }: VlmTable): VlmKind {
  return customKind(columns.includes('A') && columns.includes('B') ? 'MCQ' : 'VQA', name);
}

function checkColumns(file: string, { columns, rows }: VlmTable, kind: VlmKind): void {
  if (!columns.includes('image') && !columns.includes('image_path')) throw missingColumn(file, 'image', columns);
  const inImage = kind.prompt === 'caption' || kind.prompt === 'mmmu_pro_v' || kind.prompt === 'mmmu_pro_v_cot';
  if (!inImage && !columns.includes('question')) throw missingColumn(file, 'question', columns);
  if (rows.length === 0) throw new NelError('data', 'no row has an image', { at: { file } });
  if (!rows.some(({ cells }) => cells.has(kind.answerColumn))) {
    throw new NelError('data', `no row has an answer (column ${kind.answerColumn})`, {
      at: { file },
      hint: 'The answers of test splits are often not public: use a DEV or VAL split.',
    });
  }
  const broken = kind.report === 'circular' ? rows.find(({ index }) => !/^\d{1,15}$/.test(index)) : undefined;
  if (broken) {
    throw new NelError('data', `index ${JSON.stringify(broken.index)} is no whole number, which rotations of a question are told by`, {
      at: { file, line: broken.line },
    });
  }
}

/** Over the file's bytes, and those of every image file that it names. */
async function fingerprintOf(source: ImageSource, signal: AbortSignal): Promise<string> {
  const { table } = source;
  if (table.columns.includes('image')) return `sha256:${table.digests.sha256}`;
  const hash = createHash('sha256').update(table.digests.sha256);
  const known = new Map<string, string>();
  for (const row of table.rows) {
    for (const name of imagePaths(row)) {
      signal.throwIfAborted();
      let digest = known.get(name);
      if (digest === undefined) {
        const bytes = await readImageFile(name, source.roots).catch((error: unknown) => {
          throw new NelError('data', errorMessage(error), { at: { file: source.file, line: row.line }, cause: error });
        });
        digest = createHash('sha256').update(bytes).digest('hex');
        known.set(name, digest);
      }
      hash.update(`${JSON.stringify(name)}:${digest}\n`);
    }
  }
  return `sha256:${hash.digest('hex')}`;
}

interface Parts {
  readonly address: VlmAddressParts;
  readonly kind: VlmKind;
  readonly images: ImageSource;
  readonly scorer: RowScorer;
  readonly systemPrompt: string | null;
  readonly fingerprint: string;
}

function assemble({ address, kind, images, scorer, systemPrompt, fingerprint }: Parts): VlmEnvironment {
  const { table, file, handle } = images;
  const { name } = address;
  const scorerName = `vlmevalkit_${kind.scoring}`;
  const rowOf = (seed: Pick<Seed, 'metadata'>): VlmRow => {
    const index = seed.metadata['index'];
    const row = typeof index === 'string' ? table.byIndex.get(index) : undefined;
    if (row === undefined)
      throw new NelError('data', `${name}: the seed is not from this environment: its metadata have the index of no row`);
    return row;
  };
  const judge = (row: VlmRow, response: string): Verification => {
    const { reward, extracted, details, failure } = scorer.score(row.cells, response);
    return {
      reward,
      extracted_answer: extracted,
      scoring_method: scorerName,
      scoring_details: details ?? {},
      failure_category: failure ?? null,
    };
  };
  const createSummary = (): ScoreSummary => createVlmSummary(kind.report);
  const environment: Environment = {
    name,
    dataset: { source: `vlmevalkit://${address.file ?? name}`, revision: `md5:${table.digests.md5}`, fingerprint, size: table.rows.length },
    async seed(problemIdx, _repeat, signal) {
      const row = table.rows[problemIdx];
      if (row === undefined)
        throw new NelError('data', `${name}: there is no problem_idx ${problemIdx} among ${table.rows.length} problems`);
      const uris = await rowImages(images, row);
      signal.throwIfAborted();
      return seedOf({ row, uris, kind, scorer, systemPrompt, file });
    },
    verify: (seed, response) => judge(rowOf(seed), response),
    verifyDetached: ({ response, metadata }) => judge(rowOf({ metadata }), response),
    idealAnswer: (seed) => scorer.ideal(rowOf(seed).cells),
    createSummary,
    close: () => handle.close(),
  };
  const definition: JsonObject = {
    reference: REFERENCE,
    name,
    ...(kind as unknown as JsonObject),
    like: address.like,
    metric: address.metric,
  };
  return { environment, createSummary, scorerName, definition, generation: { temperature: 0 } };
}

interface SeedParts {
  readonly row: VlmRow;
  readonly uris: readonly string[];
  readonly kind: VlmKind;
  readonly scorer: RowScorer;
  readonly systemPrompt: string | null;
  readonly file: string;
}

function seedOf({ row, uris, kind, scorer, systemPrompt, file }: SeedParts): Seed {
  const content = contentOf(row, uris, kind, file);
  const system: readonly ChatMessage[] = systemPrompt === null ? [] : [{ role: 'system', content: systemPrompt }];
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  return {
    // The completions protocol has no turns and no images.
    prompt: systemPrompt === null ? text : `${systemPrompt}\n\n${text}`,
    messages: [...system, { role: 'user', content }],
    expected_answer: scorer.expected(row.cells),
    category: row.cells.get('category') ?? null,
    metadata: metadataOf(row, kind),
  };
}

function contentOf(row: VlmRow, uris: readonly string[], kind: VlmKind, file: string): ContentPart[] {
  try {
    return buildPrompt(kind.prompt, row.cells, uris.length).flatMap((part): ContentPart[] => {
      if (part.type === 'image') return [{ type: 'image_url', image_url: { url: uris[part.image] ?? '' } }];
      // Endpoints refuse empty parts, which a text that begins or ends with an image leaves.
      return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    });
  } catch (error) {
    throw new NelError('data', `index ${JSON.stringify(row.index)}: ${errorMessage(error)}`, {
      at: { file, line: row.line },
      cause: error,
    });
  }
}

function metadataOf(row: VlmRow, { report }: VlmKind): JsonObject {
  const metadata: Record<string, Json> = { index: row.index };
  for (const column of reportColumns(report)) {
    const value = row.cells.get(column);
    if (value !== undefined) metadata[column] = value;
  }
  return metadata;
}
