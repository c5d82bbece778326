/** The merge on real data: what a real model answered to all of MMLU-Pro, in 1, 3, 7 and 16 shards, against the run in one piece. */

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { DATA_DIR } from '../../data-dir.js';
import { readRows } from '../../fakes/replay.js';
import { Lab, readLines } from './lab.js';

/** Of this recording, by the published counts. */
const RIGHT = 5_244;

const lab = new Lab();
afterAll(() => lab.close());

const missing = existsSync(path.join(DATA_DIR, 'mmlu_pro')) ? '' : ' (skipped: put the shared data sets into ../shared/data)';

/** The recording by place in the data set, so that finding an answer takes no search. */
function recording(): string {
  const file = lab.path('recording.jsonl');
  const byId = new Map(
    readRows(path.join(DATA_DIR, 'mmlu_pro/recordings/llama-3.1-8b-instruct.jsonl.gz')).map((row) => [row['question_id'], row['response']]),
  );
  const rows = readRows(path.join(DATA_DIR, 'mmlu_pro/test.jsonl.gz'));
  writeFileSync(
    file,
    rows.map(({ question_id }, i) => `${JSON.stringify({ problem_idx: i, response: byId.get(question_id) })}\n`).join(''),
  );
  return file;
}

const TIMES = new Set(['timestamp', 'timing', 'latency_ms', 'step_id', 'run_id', 'runtime', 'nel_version']);

/** A file's content without times, and ids that are made of them. */
function timelessFile(file: string): unknown {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).flatMap(([key, member]) => (TIMES.has(key) ? [] : [[key, strip(member)]])));
  };
  if (file.endsWith('.jsonl')) return readLines(file).map((line) => JSON.stringify(strip(line)));
  return strip(JSON.parse(readFileSync(file, 'utf8')));
}

/** By name, the bundle's without the run's id in it. */
function filesOf(dir: string): Record<string, unknown> {
  const folder = path.join(dir, 'mmlu_pro');
  const names = readdirSync(folder).filter((name) => /\.jsonl?$/.test(name) && name !== 'runtime_stats.json');
  return Object.fromEntries(names.map((name) => [name.replace(/^eval-.*/, 'bundle'), timelessFile(path.join(folder, name))]));
}

/** What of the runtime is no time. */
function countsOf(dir: string): Record<string, unknown> {
  const stats = JSON.parse(readFileSync(path.join(dir, 'mmlu_pro/runtime_stats.json'), 'utf8')) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(stats).filter(([key]) => /^total_|^model_errors|^finish/.test(key)));
}

describe.skipIf(missing !== '')(`MMLU-Pro in shards${missing}`, () => {
  it('merges into the files of the unsharded run, for 1, 3, 7 and 16 shards', { timeout: 400_000 }, async () => {
    const file = recording();
    const whole = lab.path('whole');
    const args = ['eval', 'run', '--bench', 'mmlu_pro', '--solver', 'replay', '--replay', file, '-o', whole];
    const run = await lab.nel(args);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    const expected = filesOf(whole);
    expect(Object.keys(expected).sort()).toEqual(['bundle', 'failure_analysis.json', 'results.jsonl', 'trajectories.jsonl']);
    expect(readLines(path.join(whole, 'mmlu_pro/results.jsonl')).filter(({ reward }) => reward === 1)).toHaveLength(RIGHT);

    const script = path.resolve(import.meta.dirname, '../../fakes/run-shards.mjs');
    const totals = [1, 3, 7, 16];
    const env = { ...process.env, NEL_DATA_DIR: DATA_DIR };
    await promisify(execFile)(process.execPath, [script, path.join(whole, 'run.json'), lab.dir, ...totals.map(String)], { env });
    for (const total of totals) {
      const dir = lab.path(`of-${total}`);
      const files = filesOf(dir);
      for (const name of Object.keys(expected)) expect(files[name], `${name} of ${total} shards`).toEqual(expected[name]);
      expect(countsOf(dir)).toEqual(countsOf(whole));
    }
  });
});
