/** Data sets from a hub over real HTTP: files found, pinned, cached and resumed; faults told apart; the token kept. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenDatasetContext, openDataset } from '../../../src/adapters/datasets/open.js';
import { NelError } from '../../../src/core/errors.js';
import { type FakeHub, startFakeHub } from '../../fakes/hub-server.js';

const GOLDEN = path.resolve(import.meta.dirname, '../../golden/datasets');
const LAKES = [0, 1].map((i) => readFileSync(path.join(GOLDEN, `lakes-0000${i}-of-00002.parquet`)));
const [C1, C2, C3, C4] = ['a1', 'b2', 'c3', 'd4'].map((pair) => pair.repeat(20)) as [string, string, string, string];
const ROWS = [
  { id: 1, question: 'Which of these is a lake in Siberia?', options: ['Baikal', 'Como'], depth_m: 1642 },
  { id: 2, question: 'Which of these lies in two states?', options: ['Mjøsa', 'Tahoe'], depth_m: 501.5 },
  { id: '9007199254740993', question: 'Which of these is salt? \u2028(one)', options: ['Van', 'Genf'], depth_m: null },
];

let hub: FakeHub;
let cache: string;
beforeEach(async () => {
  cache = mkdtempSync(path.join(os.tmpdir(), 'nel-cache-'));
  hub = await startFakeHub({
    'geo/lakes': {
      revisions: { main: C1, v1: C1 },
      files: {
        'README.md': Buffer.from('card'),
        'deep/test-00001-of-00002.parquet': LAKES[1] as Buffer,
        'deep/test-00000-of-00002.parquet': LAKES[0] as Buffer,
        'deep/train.jsonl': Buffer.from('{"id":0}\n'),
        '../../escape.parquet': LAKES[0] as Buffer,
      },
      configs: [
        {
          config_name: 'deep',
          data_files: [
            { split: 'train', path: 'deep/train*' },
            { split: 'test', path: ['deep/test-*'] },
          ],
        },
      ],
    },
    'geo/nocard': {
      revisions: { main: C2 },
      files: {
        'flat/test.jsonl': Buffer.from('{"id":1}\n'),
        'steep/test.jsonl': Buffer.from('{"id":2}\n'),
        'contest.jsonl': Buffer.from('{}'),
      },
    },
    'geo/script': {
      revisions: { main: C3, 'refs/convert/parquet': C4 },
      filesAt: { [C3]: { 'script.py': Buffer.from('') } },
      files: { 'default/test/0000.parquet': LAKES[0] as Buffer },
    },
    'geo/twice': {
      revisions: { main: C2 },
      files: { 'test.csv': Buffer.from('id\n1\n2\n'), 'test.jsonl': Buffer.from('{"id":1}\n{"id":2}\n') },
    },
    'geo/empty': { revisions: { main: C3, 'refs/convert/parquet': C4 }, files: { 'README.md': Buffer.from('x') } },
  });
});
afterEach(async () => {
  await hub.close();
  rmSync(cache, { recursive: true });
});

const context = (change: Partial<OpenDatasetContext> & { env?: Record<string, string> } = {}): OpenDatasetContext => ({
  name: 'lakes',
  requiredFields: [],
  pauseScale: 0.01,
  ...change,
  env: { HF_ENDPOINT: hub.url, XDG_CACHE_HOME: cache, ...change.env },
});

async function failure(ref: string, change: Parameters<typeof context>[0] = {}): Promise<NelError> {
  const thrown: unknown = await openDataset(ref, context(change)).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(NelError);
  return thrown as NelError;
}

const cached = (): string[] =>
  (readdirSync(cache, { recursive: true }) as string[]).filter((name) => /\.(?:parquet|jsonl|part)$/.test(name));

describe('a split of a hub data set', () => {
  it('is read from all its Parquet files in order, with the commit recorded', async () => {
    const { rows, info } = await openDataset('hf://geo/lakes?config=deep&split=test', context());
    expect(rows).toEqual(ROWS);
    expect(info).toEqual({
      source: 'hf://geo/lakes?config=deep&split=test',
      revision: C1,
      fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
      size: 3,
    });
    expect(
      cached()
        .map((name) => path.basename(name))
        .sort(),
    ).toEqual(['test-00000-of-00002.parquet', 'test-00001-of-00002.parquet']);
  });

  it('has the fingerprint of the same rows in an array', async () => {
    const remote = await openDataset('hf://geo/lakes?split=test', context());
    const inline = await openDataset(ROWS, context());
    expect(inline.info).toEqual({ source: 'inline', revision: null, fingerprint: remote.info.fingerprint, size: 3 });
    const other = await openDataset([...ROWS].reverse(), context());
    expect(other.info.fingerprint).not.toBe(remote.info.fingerprint);
  });

  it('is not downloaded twice, and pinned to a commit not even asked for', async () => {
    await openDataset('hf://geo/lakes?split=test', context());
    const before = hub.requests.length;
    await openDataset('hf://geo/lakes?split=test', context());
    expect(hub.requests.slice(before).map(({ line }) => line)).toEqual(['GET /api/datasets/geo/lakes/revision/main?blobs=true']);
    await hub.close();
    const { rows } = await openDataset(`hf://geo/lakes?split=test&revision=${C1}`, context());
    expect(rows).toHaveLength(3);
  });

  it('may be of a tag, and of a format other than Parquet', async () => {
    const { rows, info } = await openDataset('hf://geo/lakes@v1?split=train', context());
    expect({ rows, revision: info.revision }).toEqual({ rows: [{ id: 0 }], revision: C1 });
  });

  it('is found by file names where there is no card, and asks for a config where folders differ', async () => {
    expect((await openDataset('hf://geo/nocard?split=test&config=steep', context())).rows).toEqual([{ id: 2 }]);
    const error = await failure('hf://geo/nocard?split=test');
    expect(error.message).toBe('geo/nocard: name a config');
    expect(error.hint).toMatch(/There are: flat, steep/);
  });

  it("comes from the hub's conversion where the repository has no data files, with that commit", async () => {
    const { info } = await openDataset('hf://geo/script?split=test', context());
    expect(info).toMatchObject({ size: 2, revision: C4 });
    const error = await failure('hf://geo/empty?split=test');
    expect(error.message).toMatch(/neither the repository nor the Hub's converted Parquet has files of it/);
  });

  it("is not taken from the hub's conversion of the newest revision where one is pinned, unless that is named", async () => {
    const error = await failure(`hf://geo/script?split=test&revision=${C3}`);
    expect(error.message).toContain(`no data files of it at revision ${C3}, and the Hub's converted Parquet is no substitute`);
    expect(error.hint).toMatch(/revision=refs\/convert\/parquet/);
    const named = await openDataset('hf://geo/script?split=test&revision=refs/convert/parquet', context());
    expect(named.info).toMatchObject({ size: 2, revision: C4 });
    const pinned = await openDataset(`hf://geo/script?split=test&revision=${C4}`, context());
    expect(pinned.info).toEqual(named.info);
    expect((await failure('hf://geo/script/absent.csv')).message).toContain(`no such data file at revision ${C3}`);
  });

  it('is read in one format where the repository has it in two', async () => {
    const { rows } = await openDataset('hf://geo/twice?split=test', context());
    expect(rows).toEqual([{ id: 1 }, { id: 2 }]);
  });
});

describe('a wrong address', () => {
  it.each([
    [
      'hf://geo/lakes?split=tset',
      /geo\/lakes \(config deep\): there is no split "tset" \(did you mean "test"\?\)/,
      /There are: train, test/,
    ],
    ['hf://geo/lakes?config=depe&split=test', /there is no config "depe" \(did you mean "deep"\?\)/, /deep/],
    ['hf://geo/lakes', /name a split/, /train, test/],
    ['hf://geo/rivers?split=test', /data set geo\/rivers at main: not found/, /name and the revision/],
    ['hf://geo/lakes?split=test&revision=nope', /at nope: not found/, /revision/],
    ['hf://geo/lakes?spilt=test', /unknown parameter "spilt" \(did you mean "split"\?\)/, /The form is/],
    ['hf://../lakes?split=test', /"\.\." is no name/, /The form is/],
    ['hf://?split=test', /no data set named/, /The form is/],
    ['s3://bucket/x', /of no known kind/, /hf:\/\//],
  ])('%s is explained', async (ref, message, hint) => {
    const error = await failure(ref);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });
});

describe('a faulty hub or network', () => {
  it('is asked again after 429 and 5xx', async () => {
    hub.faults.statuses = [429, 503, 500];
    expect((await openDataset('hf://geo/lakes?split=test', context())).rows).toHaveLength(3);
  });

  it('has a broken download continued where it broke', async () => {
    hub.faults.breakAfter = [100, 50];
    expect((await openDataset('hf://geo/lakes?split=test', context())).rows).toEqual(ROWS);
    const ranges = hub.requests.filter(({ host }) => host === 'files').map(({ range }) => range);
    expect(ranges).toEqual([undefined, 'bytes=100-', 'bytes=150-', undefined]);
  });

  it('has a broken download begun again where the host cannot continue', async () => {
    hub.faults.breakAfter = [100];
    hub.faults.ranges = false;
    expect((await openDataset('hf://geo/lakes?split=test', context())).rows).toEqual(ROWS);
  });

  it('leaves nothing behind when a download never ends', async () => {
    hub.faults.breakAfter = Array<number>(20).fill(10);
    const error = await failure('hf://geo/lakes?split=test');
    expect(error.message).toMatch(/a download ended at \d+ of 668 bytes/);
    expect(cached()).toEqual([]);
  });

  it('does not get an altered file past the check', async () => {
    const altered = Buffer.from(LAKES[0] as Buffer);
    altered[300] = (altered[300] as number) ^ 1;
    hub.faults.altered = altered;
    const error = await failure('hf://geo/lakes?split=test');
    expect(error.message).toMatch(/not what the Hub announced \(SHA-256 differs\)/);
    expect(cached()).toEqual([]);
  });

  it('leads to advice about NEL_DATA_DIR and the network when it is away', async () => {
    await hub.close();
    const error = await failure('hf://geo/lakes?split=test', { localPath: 'lakes/test.jsonl' });
    expect(error.kind).toBe('data');
    expect(error.message).toMatch(
      /^lakes: its data set hf:\/\/geo\/lakes\?split=test is not on this machine, and http:\/\/127.* cannot be reached \(ECONNREFUSED\)$/,
    );
    expect(error.hint).toBe(
      'Set NEL_DATA_DIR to a folder that holds lakes/test.jsonl, or give this machine access to the Hub (HF_ENDPOINT names a mirror, HTTPS_PROXY a proxy).',
    );
  });

  it('is not asked at all under HF_HUB_OFFLINE', async () => {
    const error = await failure('hf://geo/lakes?split=test', { env: { HF_HUB_OFFLINE: '1' } });
    expect(error.message).toMatch(/HF_HUB_OFFLINE is set/);
    expect(hub.requests).toEqual([]);
  });
});

describe('the token', () => {
  const TOKEN = 'hf_abcdefghijklmnop';

  it('goes to the hub and not to the file host behind it', async () => {
    hub.faults.token = TOKEN;
    await openDataset('hf://geo/lakes?split=test', context({ env: { HF_TOKEN: TOKEN } }));
    expect(new Set(hub.requests.map(({ host, authorization }) => `${host} ${authorization}`))).toEqual(
      new Set([`hub Bearer ${TOKEN}`, 'files undefined']),
    );
  });

  it('is asked for when access is refused, and never repeated', async () => {
    hub.faults.token = TOKEN;
    expect((await failure('hf://geo/lakes?split=test')).hint).toMatch(/set HF_TOKEN/);
    const wrong = await failure('hf://geo/lakes?split=test', { env: { HF_TOKEN: 'hf_wrongwrongwrong' } });
    expect(wrong.hint).toMatch(/what the token in HF_TOKEN may read/);
    expect(`${wrong.message}${wrong.hint}${String(wrong.cause)}`).not.toMatch(/hf_wrong|secret-signature/);
  });

  it('may not hide in HF_ENDPOINT', async () => {
    const error = await failure('hf://geo/lakes?split=test', { env: { HF_ENDPOINT: 'https://me:hf_hidden@hub.example' } });
    expect(error.message).toBe('HF_ENDPOINT must not hold a user name or password');
  });
});

describe('NEL_DATA_DIR', () => {
  it('goes before the hub, with or without .gz in the name', async () => {
    writeFileSync(path.join(cache, 'test.jsonl'), '{"id":5}\n');
    const env = { NEL_DATA_DIR: cache };
    const { rows, info } = await openDataset('hf://geo/lakes?split=test', context({ env, localPath: 'test.jsonl.gz' }));
    expect(rows).toEqual([{ id: 5 }]);
    expect(info).toMatchObject({ source: path.join(cache, 'test.jsonl'), revision: null });
    expect(hub.requests).toEqual([]);
  });

  it('is named when it is set and the file is not in it', async () => {
    await hub.close();
    const error = await failure('hf://geo/lakes?split=test', { env: { NEL_DATA_DIR: cache }, localPath: 'absent.jsonl' });
    expect(error.hint).toMatch(`Put the data at ${path.join(cache, 'absent.jsonl')} (NEL_DATA_DIR is set, the file is not there)`);
    expect(existsSync(path.join(cache, 'absent.jsonl'))).toBe(false);
  });
});
