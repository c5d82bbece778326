/** The real lm-eval on a task of our own: its score is ours, its death is survived, its calls end with the run. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedEndpoint, spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { tools } from '../../test-tools.js';
import { Lab, type Running, readBundle, readLines, timeless, until } from '../runs/lab.js';

const PROBLEMS = 12;
const KEY = 'sk-lm-eval-secret-0815';

const installed = tools('lm-eval');
const program = installed.folder === null ? undefined : path.join(installed.folder, 'lm_eval');
const { hint } = installed;
const lab = new Lab();
const open: SpawnedEndpoint[] = [];

const env = { NEL_LM_EVAL: program ?? '', HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1', DEMO_API_KEY: KEY };

async function endpointThat(options: Parameters<typeof spawnFakeEndpoint>[0]): Promise<SpawnedEndpoint> {
  const endpoint = await spawnFakeEndpoint(options);
  open.push(endpoint);
  return endpoint;
}

function args(endpoint: SpawnedEndpoint, out: string, ...more: string[]): string[] {
  const model = ['--model-url', endpoint.url, '--model-id', 'org/demo', '--concurrency', '2', '--api-key-env', 'DEMO_API_KEY'];
  return ['eval', 'run', '--bench', 'lm-eval://./tasks/pears.yaml', ...model, '-o', lab.path(out), ...more];
}
const start = (...given: Parameters<typeof args>): Running => lab.start(args(...given), { ...env, HF_HOME: lab.path('hf') });
const folder = (out: string): string => lab.path(out, 'lm-eval.pears');

/** The tool's own numbers, from the file that it wrote. */
function ownNumbers(out: string): Record<string, number> {
  const names = readdirSync(path.join(folder(out), 'harness'), { recursive: true, encoding: 'utf8' });
  const file = names.find((name) => /results_.*\.json$/.test(name)) ?? '';
  const text = readFileSync(path.join(folder(out), 'harness', file), 'utf8');
  return (JSON.parse(text) as { results: { pears: Record<string, number> } }).results.pears;
}

/** The requests of an endpoint once they come no more. */
async function settled(endpoint: SpawnedEndpoint): Promise<number> {
  for (let last = -1; ; ) {
    const { requests, inFlight } = await endpoint.stats();
    if (requests === last && inFlight === 0) return requests;
    last = requests;
    await delay(3_000);
  }
}

beforeAll(() => {
  mkdirSync(lab.path('tasks'));
  const questions = Array.from({ length: PROBLEMS }, (_, i) => ({
    question: `A crate holds ${i} pears, and ${40 - i + (i % 3)} are put in. How many are in it?`,
    answer: String(40 + (i % 3)),
  }));
  writeFileSync(lab.path('tasks/pears.jsonl'), questions.map((one) => `${JSON.stringify(one)}\n`).join(''));
  writeFileSync(
    lab.path('tasks/pears.yaml'),
    `task: pears
dataset_path: json
dataset_kwargs: {data_files: {test: tasks/pears.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["\\n\\n"], max_gen_toks: 32}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
filter_list:
  - {name: number, filter: [{function: regex, regex_pattern: "([0-9]+)"}, {function: take_first}]}
  - {name: whole, filter: [{function: take_first}]}
metadata: {version: 1.0}
`,
  );
});
afterAll(async () => {
  for (const endpoint of open) await endpoint.close();
  await lab.close();
});

describe.skipIf(program === undefined)(`lm-eval${hint}`, { timeout: 240_000 }, () => {
  let undisturbed: Record<string, unknown>[];

  it('gives its own score as ours, sample by sample, and never our key to a file or a command line', async () => {
    // "The answer is 42." to all: right for every third question.
    const endpoint = await endpointThat({ apiKey: KEY });
    const run = await start(endpoint, 'good').done;
    expect(run, run.stderr).toMatchObject({ code: 0 });
    const bundle = readBundle(folder('good'));
    expect(bundle?.benchmark.scores['mean_reward']?.value).toBeCloseTo(1 / 3, 12);
    const own = ownNumbers('good');
    for (const key of ['exact_match,number', 'exact_match,whole'])
      expect(bundle?.benchmark.scores[key]?.value).toBeCloseTo(own[key] ?? -1, 12);
    expect(bundle).toMatchObject({
      benchmark: { name: 'lm-eval.pears', samples: PROBLEMS },
      coverage: { expected: PROBLEMS, scored: PROBLEMS, errors: 0 },
      config: { scorer: 'lm-eval:exact_match,number', harness: { tool: 'lm-eval', version: '0.4.13' } },
    });
    const trajectories = readLines(path.join(folder('good'), 'trajectories.jsonl'));
    expect(trajectories[2]).toMatchObject({ reward: 1, extracted_answer: '42', model: { content: 'The answer is 42.' } });
    expect((await endpoint.stats()).requests).toBe(PROBLEMS);
    undisturbed = readLines(path.join(folder('good'), 'results.jsonl')).map(timeless);
    for (const name of ['harness.log', 'results.jsonl', 'trajectories.jsonl']) {
      expect(readFileSync(path.join(folder('good'), name), 'utf8'), name).not.toContain(KEY);
    }
  });

  it('ends with a worker that is killed, and --resume asks only for what was not answered', async () => {
    const endpoint = await endpointThat({ apiKey: KEY, latencyMs: 1_000 });
    const run = start(endpoint, 'killed');
    await until(`some calls; nel said: ${run.stderr()}`, async () => (await endpoint.stats()).requests >= 6, 120);
    run.child.kill('SIGKILL');
    await run.done;
    const before = await settled(endpoint);
    expect(before).toBeLessThan(PROBLEMS);
    const resumed = await start(endpoint, 'killed', '--resume').done;
    expect(resumed, resumed.stderr).toMatchObject({ code: 0 });
    const { requests, byBody } = await endpoint.stats();
    expect(Object.keys(byBody)).toHaveLength(PROBLEMS);
    // Those in flight at the kill, and at most one that was answered and not yet kept.
    expect(requests - PROBLEMS).toBeLessThanOrEqual(3);
    expect(readLines(path.join(folder('killed'), 'results.jsonl')).map(timeless)).toEqual(undisturbed);
    expect(existsSync(path.join(folder('killed'), 'harness/cache'))).toBe(false);
  });

  it('ends with a run that is interrupted, which can be resumed', async () => {
    const endpoint = await endpointThat({ apiKey: KEY, latencyMs: 1_000 });
    const run = start(endpoint, 'cancelled');
    await until(`some calls; nel said: ${run.stderr()}`, async () => (await endpoint.stats()).requests >= 2, 120);
    run.child.kill('SIGINT');
    expect(await run.done).toMatchObject({ code: 130, stderr: expect.stringContaining('--resume') });
    expect(await settled(endpoint)).toBeLessThan(PROBLEMS);
    expect(await start(endpoint, 'cancelled', '--resume').done).toMatchObject({ code: 0 });
    expect(readLines(path.join(folder('cancelled'), 'results.jsonl')).map(timeless)).toEqual(undisturbed);
  });

  it('that fails ends the run with its last lines and without a score, and without the key that the endpoint repeats', async () => {
    const endpoint = await endpointThat({ apiKey: 'sk-another-key-0000' });
    const run = await start(endpoint, 'refused', '--max-retries', '0').done;
    expect(run).toMatchObject({ code: 4, stderr: expect.stringMatching(/lm-eval ended with code 1; it said:[\s\S]*401/) });
    expect(run.stderr).not.toContain(KEY);
    const log = readFileSync(path.join(folder('refused'), 'harness.log'), 'utf8');
    expect(log).toContain('[redacted]');
    expect(log).not.toContain(KEY);
    expect(readBundle(folder('refused'))).toBeUndefined();
  });
});

describe('lm-eval that is not installed', () => {
  it('is an error before anything is run, which says how to install it', async () => {
    const run = await lab.nel(
      ['eval', 'run', '--bench', 'lm-eval://gsm8k', '--model-url', 'http://127.0.0.1:9/v1', '--model-id', 'm', '-o', lab.path('none')],
      {
        PATH: '/nowhere',
      },
    );
    expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('pip install "lm-eval[api]"') });
    expect(existsSync(lab.path('none/run.json'))).toBe(false);
  });
});
