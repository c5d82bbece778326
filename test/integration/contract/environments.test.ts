/** The contract of environments over each that there is: in this process, with metrics around it, over HTTP, and of images. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openGymEnvironment } from '../../../src/adapters/environments/gym.js';
import { openVlmEnvironment } from '../../../src/adapters/environments/vlm.js';
import { withMetrics } from '../../../src/adapters/environments/with-metrics.js';
import { createMetric } from '../../../src/benchmarks/metrics.js';
import { listen } from '../../../src/serve/listen.js';
import { environmentContract } from './environments.js';
import { fakeJudge, never, open, SAMPLES } from './samples.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nel-environments-'));
const servers: { drain(): Promise<unknown> }[] = [];
afterAll(async () => {
  for (const server of servers) await server.drain();
  rmSync(folder, { recursive: true });
});

environmentContract('the local environment', async () => (await open('gsm8k')).environment);
environmentContract('the local environment with examples', async () => (await open('mmlu', { shots: 2 })).environment);
environmentContract(
  'the local environment with a judge',
  async () => (await open('simpleqa', {}, { resources: async () => ({ judge: fakeJudge }) })).environment,
);

const METRIC = { name: 'words', scorer: createMetric({ type: 'token_f1', name: 'words', options: {} }), resources: {} };
environmentContract('an environment with metrics', async () => withMetrics((await open('triviaqa')).environment, [METRIC]));

/** The smallest image: one white pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==';
const VLM_ROWS = [
  ['1', PIXEL, 'Which colour has the pixel?', 'Red', 'White', 'Blue', 'Black', 'B', 'colour'],
  ['2', PIXEL, 'How many pixels are there?', 'One', 'Two', 'Three', 'Four', 'A', 'number'],
  ['3', PIXEL, 'What is the shape of the image?', 'Round', 'Tall', 'Wide', 'Square', 'D', 'shape'],
];
const TSV = [['index', 'image', 'question', 'A', 'B', 'C', 'D', 'answer', 'category'], ...VLM_ROWS].map((row) => row.join('\t')).join('\n');

environmentContract('an environment of images', async () => {
  const file = path.join(folder, 'pixels.tsv');
  writeFileSync(file, `${TSV}\n`);
  const address = 'vlmevalkit://./pixels.tsv?type=MCQ';
  return (await openVlmEnvironment({ address, cwd: folder, env: { HOME: folder }, signal: never, systemPrompt: null })).environment;
});

/** What `nel serve` puts on a port. */
async function served(name: string): Promise<string> {
  const server = await listen((await open(name)).environment, { host: '127.0.0.1', port: 0, drainMs: 0 });
  servers.push(server);
  return `gym://127.0.0.1:${server.port}`;
}

let url: Promise<string> | undefined;
environmentContract('an environment over HTTP', async () => {
  url ??= served('gsm8k');
  return (await openGymEnvironment({ url: await url, systemPrompt: null, env: {}, cwd: folder, pauseScale: 0.001 })).environment;
});

describe('an environment over HTTP', () => {
  it('has the seeds, the fingerprint and the verdicts of the benchmark in this process', async () => {
    const { environment } = await openGymEnvironment({ url: await served('mmlu'), systemPrompt: null, env: {}, cwd: SAMPLES });
    const local = (await open('mmlu')).environment;
    expect(environment.dataset.fingerprint).toBe(local.dataset.fingerprint);
    for (let i = 0; i < local.dataset.size; i++) {
      const [ours, theirs] = [await local.seed(i, 0, never), await environment.seed(i, 0, never)];
      expect(theirs).toEqual(ours);
      for (const answer of ['Answer: A', 'Answer: C', '', 'hm']) {
        expect(await environment.verify(theirs, answer, never)).toEqual(await local.verify(ours, answer, never));
      }
    }
    await environment.close();
  });
});

describe('a judge', () => {
  it('is told when nobody waits for its verdict any more', async () => {
    const stop = new AbortController();
    const judge = {
      model: 'slow',
      ask: (_request: unknown, signal: AbortSignal) =>
        new Promise<never>((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('enough', { cause: signal.reason }))),
        ),
    };
    const { environment } = await open('simpleqa', {}, { resources: async () => ({ judge }) });
    const seed = await environment.seed(0, 0, never);
    const verdict = environment.verify(seed, 'Lake Baikal', stop.signal);
    stop.abort(new Error('enough'));
    await expect(verdict).rejects.toThrow('enough');
  });
});

describe('metrics around an environment', () => {
  it('add their scores and leave the reward and the name of the rule alone', async () => {
    const { environment } = await open('triviaqa');
    const seed = await environment.seed(2, 0, never);
    const bare = await environment.verify(seed, 'Mary Shelley', never);
    const verified = await withMetrics(environment, [METRIC]).verify(seed, 'Mary Shelley', never);
    expect(verified).toEqual({ ...bare, scoring_details: { ...bare.scoring_details, words: 1, words_details: { em: 1, f1: 1 } } });
  });
});
