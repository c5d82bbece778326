/** GSM8K with recorded answers, here and through gym://: problem by problem the same prompts and verdicts. */

import { setMaxListeners } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type GymBenchmark, openGymEnvironment } from '../../../src/adapters/environments/gym.js';
import type { Seed, Verification } from '../../../src/core/environment.js';
import { exportData } from '../../../src/serve/export-data.js';
import { type Listening, listen } from '../../../src/serve/listen.js';
import { type LoadedBenchmark, openBenchmark } from '../../../src/workers/open-benchmark.js';
import { DATA_DIR } from '../../data-dir.js';
import { readRows } from '../../fakes/replay.js';

const missing = existsSync(path.join(DATA_DIR, 'gsm8k')) ? '' : ' (skipped: put the shared data sets into ../shared/data)';
const AT_ONCE = 32;
const never = new AbortController().signal;
// Every request under way listens to it.
setMaxListeners(0, never);
const dir = mkdtempSync(path.join(tmpdir(), 'nel-gsm8k-'));
const open: { close(): Promise<unknown> }[] = [];
afterAll(async () => {
  for (const one of open.reverse()) await one.close();
  rmSync(dir, { recursive: true });
});

interface Judged {
  readonly seed: Seed;
  readonly verdict: Verification;
}

/** Every problem's seed, and the verdict on its recorded answer. */
async function judgeAll({ environment }: Pick<GymBenchmark, 'environment'>, answers: readonly string[]): Promise<Judged[]> {
  const judged: Judged[] = [];
  const work = answers.entries();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [index, answer] of work) {
        const seed = await environment.seed(index, 0, never);
        judged[index] = { seed, verdict: await environment.verify(seed, answer, never) };
      }
    }),
  );
  return judged;
}

async function both(): Promise<{ local: LoadedBenchmark; server: Listening; answers: string[] }> {
  const env = { NEL_DATA_DIR: DATA_DIR };
  const local = await openBenchmark({ ref: 'gsm8k', systemPrompt: null, params: {}, env, cwd: dir });
  const { scorer, definitionHash, generation, environment } = local;
  const server = await listen(environment, { host: '127.0.0.1', port: 0, benchmark: { scorer, definitionHash, generation } });
  open.push({ close: () => server.drain() });
  const answers = readRows(path.join(DATA_DIR, 'gsm8k/recordings/175b_verification.jsonl')).map((row) => String(row['response']));
  return { local, server, answers };
}

describe.skipIf(missing !== '')(`GSM8K through gym://${missing}`, () => {
  it('has the prompts and verdicts of a local run, in both protocols', { timeout: 120_000 }, async () => {
    const { local, server, answers } = await both();
    const expected = await judgeAll(local, answers);
    expect(expected.filter(({ verdict }) => verdict.reward === 1)).toHaveLength(742);

    const plain = await openGymEnvironment({ url: `gym://127.0.0.1:${server.port}`, systemPrompt: null, env: {}, cwd: dir });
    open.push(plain.environment);
    expect({ ...plain, environment: { ...plain.environment.dataset, source: '' } }).toEqual({
      name: 'gsm8k',
      definitionHash: local.definitionHash,
      scorer: local.scorer,
      generation: local.generation,
      environment: { ...local.environment.dataset, source: '' },
    });
    expect(await judgeAll(plain, answers)).toEqual(expected);

    const { file } = await exportData(local.environment, dir);
    const url = `gym://127.0.0.1:${server.port}?protocol=native&data=${file}`;
    const native = await openGymEnvironment({ url, systemPrompt: null, env: {}, cwd: dir });
    open.push(native.environment);
    expect(await judgeAll(native, answers)).toEqual(expected);
  });
});
