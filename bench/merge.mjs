/**
 * `nel eval merge` of 16 shards against plain JSON.parse of the same lines: time, and peak memory at two sizes, which must be the same.
 * Flags: --lines N samples at the larger size (default 2,000,000: 2 million lines of results and as many of trajectories; 2.4 GB below the
 * temporary folder), --small for little. Exit 1 when a limit is missed.
 */

import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { measure } from './processes.mjs';

const { values } = parseArgs({ options: { lines: { type: 'string' }, small: { type: 'boolean' } } });
const LINES = Number(values.lines ?? (values.small ? 40_000 : 2_000_000));
const SHARDS = 16;
const REPEATS = 8;
/** `megabytes`: peak; `growth`: what five times the lines may add to it, once the heap is warm; `time`: times as long as reading alone, for reading, checking and writing. */
const LIMITS = { megabytes: 350, growth: values.small ? 150 : 60, time: values.small ? 30 : 6 };
const ANSWER = 'First the tens, then the ones: forty and thirty are seventy, and eight more are seventy-eight. '.repeat(3);
const NEL = path.resolve(import.meta.dirname, '../dist/cli/main.js');

/** Reads what a merge reads: every line of every shard, split at \n. */
const PLAIN = `
import { createReadStream, readdirSync } from 'node:fs';
let samples = 0;
for (const shard of readdirSync(process.argv[1])) {
  if (!shard.startsWith('shard_')) continue;
  for (const name of ['results', 'trajectories']) {
    let rest = '';
    for await (const chunk of createReadStream(process.argv[1] + '/' + shard + '/practice_arithmetic/' + name + '.jsonl', 'utf8')) {
      const lines = (rest + chunk).split('\\n');
      rest = lines.pop();
      for (const line of lines) samples += JSON.parse(line).repeat;
    }
  }
}
process.exit(samples > 0 ? 0 : 1);`;

const dir = mkdtempSync(path.join(tmpdir(), 'nel-bench-merge-'));
try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function main() {
  const fifth = await merged('fifth', LINES / 5);
  const whole = await merged('whole', LINES);
  const plain = measure(['--input-type=module', '-e', PLAIN, path.join(dir, 'whole')], { cwd: dir });
  rmSync(path.join(dir, 'whole'), { recursive: true, force: true });
  const ratio = whole.seconds / plain.seconds;
  const rate = (lines, { seconds, megabytes }) =>
    `${seconds.toFixed(1)} s, ${Math.round((2 * lines) / seconds).toLocaleString('en')} lines/s, peak ${megabytes.toFixed(0)} MB`;
  console.log(`${LINES.toLocaleString('en')} samples in ${SHARDS} shards, two lines each`);
  console.log(`plain JSON.parse        ${rate(LINES, plain)}`);
  console.log(
    `nel eval merge          ${rate(LINES, whole)}: ${ratio.toFixed(2)} times (limit ${LIMITS.time}), limit ${LIMITS.megabytes} MB`,
  );
  const growth = whole.megabytes - fifth.megabytes;
  console.log(`  of a fifth of it      ${rate(LINES / 5, fifth)}: ${growth.toFixed(0)} MB less (limit ${LIMITS.growth})`);
  const kept = ratio <= LIMITS.time && whole.megabytes <= LIMITS.megabytes && growth <= LIMITS.growth;
  console.log(kept ? 'all limits kept' : 'A LIMIT IS MISSED');
  return kept;
}

async function merged(name, lines) {
  const problems = Math.round(lines / REPEATS);
  await generate(path.join(dir, name), problems);
  const run = measure([NEL, 'eval', 'merge', path.join(dir, name)], { cwd: dir });
  const results = path.join(dir, name, 'practice_arithmetic');
  const bundle = JSON.parse(
    readFileSync(
      path.join(
        results,
        readdirSync(results).find((file) => file.startsWith('eval-')),
      ),
      'utf8',
    ),
  );
  if (bundle.coverage.scored !== problems * REPEATS) throw new Error(`only ${bundle.coverage.scored} samples were merged`);
  return run;
}

/** Shards as a run leaves them: run.json, bundle, results and trajectories. */
async function generate(out, problems) {
  const size = Math.floor(problems / SHARDS);
  const larger = problems % SHARDS;
  for (let index = 0; index < SHARDS; index++) {
    const folder = path.join(out, `shard_${index}`);
    const start = index * size + Math.min(index, larger);
    const end = start + size + (index < larger ? 1 : 0);
    mkdirSync(path.join(folder, 'practice_arithmetic'), { recursive: true });
    writeFileSync(path.join(folder, 'run.json'), JSON.stringify(runFile(folder, index, problems)));
    writeFileSync(
      path.join(folder, 'practice_arithmetic', `eval-bench-${index}.json`),
      JSON.stringify({
        run_id: `bench-${index}`,
        benchmark: { name: 'practice_arithmetic', scores: {}, categories: { even: { mean_reward: 0.5, n: 1 } } },
      }),
    );
    const [results, trajectories] = ['results', 'trajectories'].map((name) =>
      createWriteStream(path.join(folder, 'practice_arithmetic', `${name}.jsonl`)),
    );
    for (let p = start; p < end; p++) {
      let [left, right] = ['', ''];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        const [result, trajectory] = sample(p, repeat);
        left += `${JSON.stringify(result)}\n`;
        right += `${JSON.stringify(trajectory)}\n`;
      }
      for (const [stream, text] of [
        [results, left],
        [trajectories, right],
      ]) {
        if (!stream.write(text)) await new Promise((resolve) => stream.once('drain', resolve));
      }
    }
    for (const stream of [results, trajectories]) {
      stream.end();
      await finished(stream);
    }
  }
}

function runFile(folder, index, problems) {
  const solver = { type: 'oracle', service: null };
  const benchmark = {
    ref: 'practice_arithmetic',
    repeats: REPEATS,
    max_problems: null,
    system_prompt: null,
    solver,
    generation: {},
    params: {},
    metrics: [],
    sandbox: { type: null, limits: {}, image: null },
  };
  const planned = {
    spec: benchmark,
    name: 'practice_arithmetic',
    dataset: { source: 'bench', fingerprint: 'sha256:bench', size: problems, revision: null },
    n_problems: problems,
    definition_hash: 'sha256:bench',
    identity: { benchmark: 'practice_arithmetic' },
    config_hash: 'sha256:bench',
  };
  return {
    schema_version: 1,
    run_id: `bench-${index}`,
    workflow_id: `nel-bench-${index}`,
    nel_version: '0.0.0',
    created: '2026-01-01T00:00:00.000Z',
    generation: 0,
    spec_hash: 'sha256:bench',
    spec: { services: {}, benchmarks: [benchmark], output: { dir: folder }, max_error_rate: 0.01 },
    benchmarks: [planned],
    batch_size: 200,
    shard: { index, total: SHARDS },
  };
}

function sample(problem_idx, repeat) {
  const reward = (problem_idx * 7 + repeat) % 5 === 0 ? 0 : 1;
  const category = problem_idx % 2 === 0 ? 'even' : 'odd';
  const tokens = { prompt: 40, completion: 96, reasoning: null, total: 136 };
  const latency_ms = 200 + ((problem_idx * 31 + repeat * 17) % 900);
  const common = { problem_idx, repeat, reward, extracted_answer: '78', expected_answer: '78', scoring_details: { method: 'number' } };
  const result = {
    ...common,
    status: 'scored',
    metadata: { category },
    tokens,
    latency_ms,
    finish_reason: 'stop',
    failure_category: null,
    attempts: 1,
  };
  const hash = `sha256:${'0123456789abcdef'.repeat(4)}`;
  const trajectory = {
    ...common,
    step_id: `${problem_idx}-${repeat}`,
    timestamp: '2026-01-01T00:00:00.000Z',
    prompt: 'How much is 48 + 30?',
    messages: [{ role: 'user', content: 'How much is 48 + 30?' }],
    scoring_method: 'number',
    seed_metadata: {},
    timing: { seed_ms: 0.1, model_ms: latency_ms, verify_ms: 0.1, total_ms: latency_ms + 0.2 },
    failure_category: null,
    retries: 0,
    model: {
      content: ANSWER,
      reasoning_content: null,
      model: 'm',
      finish_reason: 'stop',
      tokens,
      latency_ms,
      request_hash: hash,
      response_hash: hash,
    },
    model_error: null,
  };
  return [result, trajectory];
}
