/** Which files of a Hub repository make up a split: by the card's configs, else by the files' names. Pure; the network is in hub-client.ts. */

import { NelError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { didYouMean } from '../../core/nearest.js';
import { DATA_EXTENSIONS, dataExtension } from './file.js';
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
  /** Folder that its files lie in, with a final slash; empty: the repository. */
  readonly folder: string;
  /** Null: the splits are told by the files' names. */
  readonly splits: readonly { readonly name: string; readonly patterns: readonly string[] }[] | null;
}

/** Words in files' and folders' names that mean a split; the rule and the words are those of the `datasets` library. */
const SPLIT_WORDS: Readonly<Record<string, readonly string[]>> = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'dev', 'val'],
  test: ['test', 'testing', 'eval', 'evaluation'],
};

/** They describe a repository: no data, though their format could be read. */
const NO_DATA = ['config.json', 'dataset_info.json', 'dataset_infos.json', 'dataset_dict.json'];

/**
 * The files of the addressed split, in order of their names and all of one format; empty when the repository has none that can be read.
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
  const { folder, splits } = config;
  const inFolder = files.filter(({ path }) => path.startsWith(folder));
  if (splits === null) return byName(inFolder, { ...address, config: null }, folder);
  const names = splits.map(({ name }) => name);
  const split = address.split === null && splits.length === 1 ? splits[0] : splits.find(({ name }) => name === address.split);
  if (split === undefined) throw unknownName('split', address.split, names, `${address.repo} (config ${config.name})`);
  const matchers = split.patterns.map(globMatcher);
  return ofOneFormat(inFolder.filter(({ path }) => matchers.some((matches) => matches(path.slice(folder.length)))));
}

/**
 * Many repositories have the same rows in several formats. As the `datasets` library does, that of most files is read; of as many
 * the first in DATA_EXTENSIONS. A file that is there plain and packed is read once.
 */
function ofOneFormat(files: readonly HubFile[]): readonly HubFile[] {
  const paths = new Set(files.map(({ path }) => path));
  const once = files.filter(({ path }) => !(path.endsWith('.gz') && paths.has(path.slice(0, -'.gz'.length))));
  const groups = DATA_EXTENSIONS.map((extension) => once.filter(({ path }) => dataExtension(path) === extension));
  return groups.reduce((most, group) => (group.length > most.length ? group : most), []);
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

/**
 * Without a card: `test-00000-of-00001.parquet`, `data/test.jsonl`, `main/test/0000.parquet` are of the split `test`; `validation` is
 * also called `dev`, and files of which none names a split are all of `train`.
 * @param folder that all of the files are in, with a final slash; its own name says nothing
 */
function byName(files: readonly HubFile[], { repo, config, split }: HubAddress, folder = ''): readonly HubFile[] {
  const data = files
    .filter(({ path }) => isData(path.slice(folder.length)))
    .map((file) => ({
      file,
      parts: nameParts(file.path.slice(folder.length)),
      folders: file.path.slice(folder.length).split('/').slice(0, -1),
    }));
  const named = (words: readonly string[]): typeof data => data.filter(({ parts }) => parts.some((part) => words.includes(part)));
  const noneNamed = named(Object.values(SPLIT_WORDS).flat()).length === 0;
  if (split === null && !noneNamed) throw new NelError('data', `${repo}: no split named`, { hint: 'Add one to the address: ?split=test.' });
  const wanted = split ?? 'train';
  const [exact, alike] = [named([wanted]), named(SPLIT_WORDS[wanted] ?? [])];
  const ofSplit = exact.length > 0 ? exact : alike.length > 0 ? alike : noneNamed && wanted === 'train' ? data : [];
  const ofConfig = config === null ? ofSplit : ofSplit.filter(({ folders }) => folders.includes(config));
  const chosen = ofConfig.length === 0 && config === 'default' ? ofSplit : ofConfig;
  const kept = ofOneFormat(chosen.map(({ file }) => file));
  // Beside Parquet other formats are its sources, in whatever folder; else another folder may be another config in another format.
  const isParquet = kept.every(({ path }) => dataExtension(path) === '.parquet');
  const words = [wanted, ...(SPLIT_WORDS[wanted] ?? [])];
  const configs = chosen
    .filter(({ file }) => !isParquet || kept.includes(file))
    .map(({ folders }) => folders.filter((part) => !words.includes(part)).join('/'));
  const different = [...new Set(configs)];
  if (different.length > 1) throw unknownName('config', config, different, repo);
  return kept;
}

function isData(path: string): boolean {
  const parts = path.split('/');
  return !NO_DATA.includes(parts.at(-1) as string) && !parts.some((part) => part.startsWith('.') || part.startsWith('__'));
}

/** Folders, and the words of the file's name before its format. */
function nameParts(path: string): readonly string[] {
  const parts = path.split('/');
  const base = (parts.pop() as string).replace(/\.(?:parquet|jsonl|ndjson|json|csv|tsv)(?:\.gz)?$/i, '');
  return [...parts, base, ...base.split(/[-_.]/)];
}

/** The card's `configs` in the spellings of `data_files`, with or without `data_dir`; what is malformed is left out. */
function readConfigs(raw: unknown): readonly Config[] {
  if (!Array.isArray(raw)) return [];
  return raw.filter(isJsonObject).flatMap((entry) => {
    const { config_name: name, data_files: dataFiles, data_dir: dir } = entry;
    const folder = typeof dir === 'string' ? dir.replace(/^(?:\.?\/)+/, '').replace(/\/*$/, '/') : '';
    const splits = dataFiles === undefined || dataFiles === null ? null : readSplits(dataFiles);
    const isKnown = splits === null ? typeof dir === 'string' : splits.length > 0;
    return typeof name === 'string' && isKnown
      ? [{ name, isDefault: entry['default'] === true, folder: folder === '/' ? '' : folder, splits }]
      : [];
  });
}

/** `"*.csv"`, `["a.csv", "b.csv"]` (both of `train`), `[{split, path}, …]` or `{split: path, …}`; a path may be a list. */
function readSplits(dataFiles: unknown): NonNullable<Config['splits']> {
  const plain = strings([dataFiles].flat());
  if (plain.length > 0) return [{ name: 'train', patterns: plain }];
  const entries = Array.isArray(dataFiles)
    ? dataFiles.filter(isJsonObject).map(({ split, path }) => [split, path] as const)
    : isJsonObject(dataFiles)
      ? Object.entries(dataFiles)
      : [];
  return entries.flatMap(([name, path]) => {
    const patterns = strings([path].flat());
    return typeof name === 'string' && patterns.length > 0 ? [{ name, patterns }] : [];
  });
}

function strings(values: readonly unknown[]): readonly string[] {
  return values.filter((item) => typeof item === 'string');
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
