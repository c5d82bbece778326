/** Which files of a Hub repository make up a split: by the card's configs, else by the files' names. Pure; the network is in hub-client.ts. */

import { NelError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { didYouMean } from '../../core/nearest.js';
import { dataExtension } from './file.js';
import type { HubAddress } from './hub-address.js';

export interface HubFile {
  readonly path: string;
  /** Bytes, or null where the Hub does not say. */
  readonly size: number | null;
  /** Hex SHA-256, known of large files only. */
  readonly sha256: string | null;
}

/** A repository at one commit. */
export interface HubSnapshot {
  /** Commit hash. */
  readonly commit: string;
  readonly files: readonly HubFile[];
  /** The card's `configs`, unread. */
  readonly configs: unknown;
}

interface Config {
  readonly name: string;
  readonly isDefault: boolean;
  readonly splits: readonly { readonly name: string; readonly patterns: readonly string[] }[];
}

/**
 * The files of the addressed split, in order of their names; empty when the repository has none that can be read.
 * @throws NelError of kind `data` where config or split are unknown or ambiguous, naming those that there are
 */
export function splitFiles(snapshot: HubSnapshot, address: HubAddress): readonly HubFile[] {
  const files = snapshot.files.filter(({ path }) => dataExtension(path) !== undefined);
  if (address.file !== null) return files.filter(({ path }) => path === address.file);
  const configs = readConfigs(snapshot.configs);
  const chosen = configs.length === 0 ? byName(files, address) : byCard(files, configs, address);
  return [...chosen].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function byCard(files: readonly HubFile[], configs: readonly Config[], address: HubAddress): readonly HubFile[] {
  const config = pickConfig(configs, address);
  const names = config.splits.map(({ name }) => name);
  const split =
    address.split === null && config.splits.length === 1 ? config.splits[0] : config.splits.find(({ name }) => name === address.split);
  if (split === undefined) throw unknownName('split', address.split, names, `${address.repo} (config ${config.name})`);
  const matchers = split.patterns.map(globMatcher);
  return files.filter(({ path }) => matchers.some((matches) => matches(path)));
}

function pickConfig(configs: readonly Config[], { repo, config }: HubAddress): Config {
  const chosen =
    config === null
      ? (configs.find(({ isDefault }) => isDefault) ??
        configs.find(({ name }) => name === 'default') ??
        (configs.length === 1 ? configs[0] : undefined))
      : configs.find(({ name }) => name === config);
  if (chosen !== undefined) return chosen;
  throw unknownName(
    'config',
    config,
    configs.map(({ name }) => name),
    repo,
  );
}

/** Without a card: `test-00000-of-00001.parquet`, `data/test.jsonl`, `main/test/0000.parquet` are of the split `test`. */
function byName(files: readonly HubFile[], { repo, config, split }: HubAddress): readonly HubFile[] {
  if (split === null) throw new NelError('data', `${repo}: no split named`, { hint: 'Add one to the address: ?split=test.' });
  const ofSplit = files.filter(({ path }) => nameParts(path).includes(split));
  const ofConfig = config === null ? ofSplit : ofSplit.filter(({ path }) => path.split('/').slice(0, -1).includes(config));
  const chosen = ofConfig.length === 0 && config === 'default' ? ofSplit : ofConfig;
  const parquet = chosen.filter(({ path }) => path.endsWith('.parquet'));
  const kept = parquet.length > 0 ? parquet : chosen;
  const folders = [
    ...new Set(
      kept.map(({ path }) =>
        path
          .split('/')
          .slice(0, -1)
          .filter((part) => part !== split)
          .join('/'),
      ),
    ),
  ];
  if (folders.length > 1) throw unknownName('config', config, folders, repo);
  return kept;
}

/** Folders, and the words of the file's name before its format. */
function nameParts(path: string): readonly string[] {
  const parts = path.split('/');
  const base = (parts.pop() as string).replace(/\.(?:parquet|jsonl|ndjson|json|csv|tsv)(?:\.gz)?$/i, '');
  return [...parts, base, ...base.split(/[-_.]/)];
}

/** The card's `configs` in its three spellings of `data_files`; what is malformed is left out. */
function readConfigs(raw: unknown): readonly Config[] {
  if (!Array.isArray(raw)) return [];
  return raw.filter(isJsonObject).flatMap((entry) => {
    const splits = readSplits(entry['data_files']);
    const name = entry['config_name'];
    return typeof name === 'string' && splits.length > 0 ? [{ name, isDefault: entry['default'] === true, splits }] : [];
  });
}

function readSplits(dataFiles: unknown): Config['splits'] {
  if (typeof dataFiles === 'string') return [{ name: 'train', patterns: [dataFiles] }];
  if (!Array.isArray(dataFiles)) return [];
  const plain = strings(dataFiles);
  if (plain.length > 0) return [{ name: 'train', patterns: plain }];
  return dataFiles.filter(isJsonObject).flatMap(({ split, path }) => {
    const patterns = typeof path === 'string' ? [path] : strings(path);
    return typeof split === 'string' && patterns.length > 0 ? [{ name: split, patterns }] : [];
  });
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** One step of a pattern: a character, `?`, `*` within a folder, `**` across folders, `**` + `/` for any folders or none. */
type GlobStep = { readonly char: string } | '?' | '*' | '**' | '**/';

/**
 * Matches by following all places in the pattern at once: patterns come from a remote card, and a regular expression made
 * of one with many stars can take for ever.
 */
function globMatcher(glob: string): (path: string) => boolean {
  const steps: GlobStep[] = Array.from(glob.replace(/^\.\//, '').matchAll(/\*\*\/|\*\*|\*|\?|[\s\S]/g), ([text]) =>
    text === '**/' || text === '**' || text === '*' || text === '?' ? text : { char: text },
  );
  return (path) => {
    let places = new Set([0]);
    for (let i = 0; i <= path.length; i++) {
      // A Set that grows while it is walked: skipping a star may lead to another star.
      for (const place of places) if (canSkip(steps[place], i === 0 || path[i - 1] === '/')) places.add(place + 1);
      if (i === path.length) break;
      const char = path.charAt(i);
      const next = new Set<number>();
      for (const place of places) {
        const step = steps[place];
        if (step === undefined) continue;
        if (step === '**' || step === '**/' || (step === '*' && char !== '/')) next.add(place);
        else if (step === '?' ? char !== '/' : typeof step === 'object' && step.char === char) next.add(place + 1);
      }
      places = next;
    }
    return places.has(steps.length);
  };
}

function canSkip(step: GlobStep | undefined, atFolder: boolean): boolean {
  return step === '*' || step === '**' || (step === '**/' && atFolder);
}

function unknownName(what: 'config' | 'split', given: string | null, known: readonly string[], where: string): NelError {
  const problem = given === null ? `name a ${what}` : `there is no ${what} "${given}"${didYouMean(given, known)}`;
  return new NelError('data', `${where}: ${problem}`, {
    hint: `There are: ${known.slice(0, 30).join(', ') || 'none'}. Write ?${what}=… in the address.`,
  });
}
