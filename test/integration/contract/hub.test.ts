/** The built-in benchmarks from a hub over HTTP, in the files that the real one has: the rows are those of the local copies. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isHubAddress, parseHubAddress } from '../../../src/adapters/datasets/hub-address.js';
import { builtinBenchmarks } from '../../../src/benchmarks/registry.js';
import type { Benchmark, DatasetRef } from '../../../src/core/benchmark.js';
import { NelError } from '../../../src/core/errors.js';
import { applyParameters } from '../../../src/core/parameters.js';
import { type FakeHub, type FakeHubRepo, startFakeHub } from '../../fakes/hub-server.js';
import { never, open, SAMPLES, VARIANTS } from './samples.js';

/** `org/name/path` of every Parquet file, as on the Hub. */
const PARQUET = path.join(SAMPLES, 'hub');

const files = (configName: string, splits: Readonly<Record<string, string>>) => ({
  config_name: configName,
  data_files: Object.entries(splits).map(([split, pattern]) => ({ split, path: pattern })),
});

/** The cards' `configs`, where the repositories have them. */
const CARDS: Readonly<Record<string, unknown>> = {
  'cais/mmlu': [files('all', { test: 'all/test-*', dev: 'all/dev-*' }), files('astronomy', { test: 'astronomy/test-*' })],
  'openai/gsm8k': [files('main', { train: 'main/train-*', test: 'main/test-*' }), files('socratic', { test: 'socratic/test-*' })],
  'TIGER-Lab/MMLU-Pro': [files('default', { test: 'data/test-*', validation: 'data/validation-*' })],
  'truthfulqa/truthful_qa': [files('multiple_choice', { validation: 'multiple_choice/validation-*' })],
  'mandarjoshi/trivia_qa': [
    files('rc', { validation: 'rc/validation-*' }),
    files('rc.nocontext', { train: 'rc.nocontext/train-*', validation: 'rc.nocontext/validation-*' }),
  ],
};

/** Each repository with its pinned commit: Parquet files, and those that are the same as the local copies. */
function repositories(): Record<string, FakeHubRepo> {
  const repos: Record<string, { revisions: Record<string, string>; files: Record<string, Buffer>; configs: unknown }> = {};
  const add = (dataset: DatasetRef, localPath: string | undefined): void => {
    if (typeof dataset !== 'string' || !isHubAddress(dataset)) return;
    const { repo, file, revision } = parseHubAddress(dataset);
    const known = (repos[repo] ??= { revisions: {}, files: {}, configs: CARDS[repo] });
    known.revisions[revision ?? 'main'] = revision ?? '';
    const parquet = readdirSync(PARQUET, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.startsWith(`${repo}/`) && name.endsWith('.parquet'),
    );
    for (const name of parquet) known.files[name.slice(repo.length + 1)] = readFileSync(path.join(PARQUET, name));
    if (file !== null || parquet.length === 0)
      known.files[file ?? path.basename(localPath as string)] = readFileSync(path.join(SAMPLES, localPath as string));
  };
  for (const [, benchmark, params] of VARIANTS) {
    const { dataset, localPath } = applyParameters(benchmark, params);
    add(dataset, localPath);
  }
  return repos;
}

const remote = VARIANTS.filter(([, { dataset }]) => typeof dataset === 'string');
let repos: Record<string, FakeHubRepo>;
let hub: FakeHub;
let cache: string;
beforeAll(() => {
  repos = repositories();
});
beforeEach(async () => {
  cache = mkdtempSync(path.join(os.tmpdir(), 'nel-hub-'));
  hub = await startFakeHub(repos);
});
afterEach(async () => {
  await hub.close();
  rmSync(cache, { recursive: true });
});

const env = (more: Record<string, string> = {}) => ({ HF_ENDPOINT: hub.url, XDG_CACHE_HOME: cache, ...more });

describe('from the hub', () => {
  it.each(remote)('%s has the prompts of its local copy, and its pinned commit', async (_label, benchmark, params) => {
    const theirs = await open(benchmark.name, params, { env: env() });
    const ours = await open(benchmark.name, params);
    const { dataset } = theirs.environment;
    const { revision } = parseHubAddress(applyParameters(benchmark, params).dataset as string);
    expect(dataset).toMatchObject({ revision, fingerprint: ours.environment.dataset.fingerprint, size: ours.environment.dataset.size });
    expect(revision).toMatch(/^[0-9a-f]{40}$/);
    expect(theirs.definitionHash).toBe(ours.definitionHash);
    for (let i = 0; i < dataset.size; i++) {
      expect(await theirs.environment.seed(i, 0, never)).toEqual(await ours.environment.seed(i, 0, never));
    }
  });

  it('only the files of the split are asked for, once', async () => {
    await open('mmlu', { shots: 1 }, { env: env() });
    await open('mmlu', { shots: 1 }, { env: env() });
    const downloads = hub.requests
      .filter(({ host, line }) => host === 'hub' && line.includes('/resolve/'))
      .map(({ line }) => line.replace(/.*resolve\/[0-9a-f]+\//, ''));
    expect(downloads).toEqual(['all/test-00000-of-00001.parquet', 'all/dev-00000-of-00001.parquet']);
  });
});

async function failure(name: string, more: Record<string, string> = {}): Promise<NelError> {
  const thrown: unknown = await open(name, {}, { env: env(more) }).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(NelError);
  return thrown as NelError;
}

describe('a gated data set', () => {
  it('is refused without a token, with what to do, and read with one', async () => {
    hub.faults.token = 'hf_abcdefghijklmnop';
    const error = await failure('gpqa');
    expect(error.kind).toBe('data');
    expect(error.message).toContain('Idavidrein/gpqa');
    expect(error.hint).toMatch(/set HF_TOKEN/);
    const { environment } = await open('gpqa', {}, { env: env({ HF_TOKEN: 'hf_abcdefghijklmnop' }) });
    expect(environment.dataset.size).toBe(3);
  });
});

describe('a file that ends early', () => {
  const dataFiles = (): string[] =>
    readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(?:parquet|csv|part)$/.test(name));

  it.each([
    ['gsm8k', 'of a known checksum'],
    ['simpleqa', 'of a known length only'],
  ])('is no data set: %s, %s', async (name) => {
    hub.faults.altered = Buffer.from('PAR1');
    const error = await failure(name);
    expect(error.kind).toBe('data');
    expect(error.message).toMatch(/ended at 4 of \d+ bytes|not what the Hub announced|4 bytes/);
    expect(dataFiles()).toEqual([]);
  });

  it('is gone on with where the connection broke', async () => {
    const name = 'main/test-00000-of-00001.parquet';
    hub.faults.breakAfter = [200];
    const { environment } = await open('gsm8k', {}, { env: env() });
    expect(environment.dataset.size).toBe(4);
    expect(hub.requests.filter(({ host }) => host === 'files').map(({ range }) => range)).toEqual([undefined, 'bytes=200-']);
    expect(dataFiles().some((file) => file.endsWith(name))).toBe(true);
  });
});

describe('the addresses of all data sets', () => {
  const addresses = builtinBenchmarks.flatMap((benchmark: Benchmark) =>
    typeof benchmark.dataset === 'string' ? [[benchmark.name, benchmark.dataset] as const] : [],
  );
  it.each(addresses)('%s is pinned: %s', (_name, dataset) => {
    expect(parseHubAddress(dataset).revision).toMatch(/^[0-9a-f]{40}$/);
  });
});
