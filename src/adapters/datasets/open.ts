/** Opens a benchmark's data set, from an array, a file, NEL_DATA_DIR or the Hub, and checks its rows: the first step of every run. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { DatasetRef, Row } from '../../core/benchmark.js';
import type { DatasetInfo } from '../../core/environment.js';
import { errorMessage, formatPosition, NelError, type SourcePosition } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { fieldValue, missingField } from '../../core/template.js';
import { pathVariants, readDataFile } from './file.js';
import { fetchHubSplit } from './hub.js';
import { formatHubAddress, isHubAddress, parseHubAddress } from './hub-address.js';
import { type Environment, HubUnreachableError } from './hub-client.js';
import { fingerprint, toRow } from './values.js';

export interface OpenDatasetContext {
  /** The benchmark's name, for errors. */
  readonly name: string;
  readonly requiredFields: readonly string[];
  /** Names of the columns of a CSV or TSV file that has no header. */
  readonly columns?: readonly string[] | undefined;
  /** Path of the same rows under NEL_DATA_DIR, which goes before any other source. */
  readonly localPath?: string;
  /** NEL_DATA_DIR, HF_ENDPOINT, HF_TOKEN, XDG_CACHE_HOME and proxies are read from it. */
  readonly env: Environment;
  /** What relative paths are relative to. Default: the working directory. */
  readonly baseDir?: string;
  /** Scales the waits between attempts at the Hub; for tests. */
  readonly pauseScale?: number;
}

export interface OpenedDataset {
  readonly rows: readonly Row[];
  readonly info: DatasetInfo;
  /** Where row `index` stands, for errors: `file:line`, or the file and the row's number. */
  at(index: number): string;
}

interface Source {
  readonly rows: readonly Row[];
  readonly source: string;
  readonly revision: string | null;
  /** As in OpenedDataset. */
  at(index: number): string;
}

/**
 * @throws NelError of kind `data`: a broken row or one without a required field (file, line, field and the nearest known field),
 *   no rows, or a source that cannot be read, with what to do
 */
export async function openDataset(ref: DatasetRef, context: OpenDatasetContext): Promise<OpenedDataset> {
  const source = await findSource(ref, context);
  if (source.rows.length === 0) throw new NelError('data', `${context.name}: the data set ${source.source} has no rows`);
  checkFields(source, context);
  const { rows, revision } = source;
  return {
    rows,
    info: { source: source.source, revision, fingerprint: fingerprint(rows), size: rows.length },
    at: (index) => source.at(index),
  };
}

async function findSource(ref: DatasetRef, context: OpenDatasetContext): Promise<Source> {
  const local = localFile(context);
  if (local !== undefined) return readSource([local], { source: local, revision: null, columns: context.columns });
  if (typeof ref !== 'string') return inlineSource(ref, context.name);
  if (isHubAddress(ref)) return hubSource(ref, context);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(ref)) {
    throw new NelError('config', `${context.name}: data set address ${JSON.stringify(ref.slice(0, 100))} is of no known kind`, {
      hint: 'A data set is an hf:// address or the path of a file.',
    });
  }
  const file = path.resolve(context.baseDir ?? process.cwd(), ref);
  if (!existsSync(file))
    throw new NelError('data', `${context.name}: no data file ${file}`, {
      hint: "Relative paths are taken from the benchmark file's folder.",
    });
  return readSource([file], { source: file, revision: null, columns: context.columns });
}

function localFile({ localPath, env }: OpenDatasetContext): string | undefined {
  const folder = env['NEL_DATA_DIR'];
  if (!folder || localPath === undefined) return undefined;
  return pathVariants(path.resolve(folder, localPath)).find((file) => existsSync(file));
}

function inlineSource(ref: readonly Row[], name: string): Source {
  const at = (index: number): string => `row ${index} of the inline data set of ${name}`;
  const wrong = ref.findIndex((row) => !isJsonObject(row));
  if (wrong !== -1) throw new NelError('data', `${at(wrong)} is not an object`);
  return { rows: ref.map(toRow), source: 'inline', revision: null, at };
}

async function hubSource(ref: string, context: OpenDatasetContext): Promise<Source> {
  const address = parseHubAddress(ref);
  try {
    const { files, commit } = await fetchHubSplit(address, context.env, context.pauseScale);
    return await readSource(files, { source: formatHubAddress(address), revision: commit, columns: context.columns });
  } catch (error) {
    if (!(error instanceof HubUnreachableError)) throw error;
    throw new NelError(
      'data',
      `${context.name}: its data set ${formatHubAddress(address)} is not on this machine, and ${errorMessage(error)}`,
      {
        hint: offlineHint(context),
        cause: error,
      },
    );
  }
}

function offlineHint({ localPath, env }: OpenDatasetContext): string {
  const network = 'give this machine access to the Hub (HF_ENDPOINT names a mirror, HTTPS_PROXY a proxy)';
  if (localPath === undefined) return `${network.charAt(0).toUpperCase()}${network.slice(1)}.`;
  const folder = env['NEL_DATA_DIR'];
  const wanted = folder
    ? `Put the data at ${path.join(folder, localPath)} (NEL_DATA_DIR is set, the file is not there)`
    : `Set NEL_DATA_DIR to a folder that holds ${localPath}`;
  return `${wanted}, or ${network}.`;
}

async function readSource(
  files: readonly string[],
  { source, revision, columns }: Pick<Source, 'source' | 'revision'> & { readonly columns: readonly string[] | undefined },
): Promise<Source> {
  const rows: Row[] = [];
  const starts: { first: number; file: string; at(index: number): SourcePosition }[] = [];
  for (const file of files) {
    const read = await readDataFile(file, columns);
    starts.push({ first: rows.length, file, at: read.at });
    for (const row of read.rows) rows.push(row);
  }
  return {
    rows,
    source,
    revision,
    at(index) {
      const part = starts.findLast(({ first }) => first <= index) as (typeof starts)[number];
      const position = part.at(index - part.first);
      return position.line === undefined ? `${position.file}, row ${index - part.first}` : formatPosition(position);
    },
  };
}

function checkFields(source: Source, { requiredFields }: OpenDatasetContext): void {
  source.rows.forEach((row, index) => {
    for (const field of requiredFields) {
      const value = fieldValue(row, field);
      if (value === undefined || value === null) throw missingField(row, field, `${source.at(index)}: `);
    }
  });
}
