/**
 * The gate at scale, against plain streaming JSON.parse of the same files in the same run; and how long help takes.
 *
 *   node bench/gate.mjs [--small]      needs a build (npm run build); writes some 550 MB into a temporary directory and removes it
 *
 * Limits: at most 2 times plain parsing, under 400 MB; `nel gate --help` at most 3 times bare `node -e 0`. Exit 1 when one is missed.
 */

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { measure } from './processes.mjs';

const small = process.argv.includes('--small');
const BENCHMARKS = small ? 2 : 12;
const PROBLEMS = 12_000;
const REPEATS = 8;
const LIMITS = { time: 2, megabytes: 400, help: 3 };
const NEL = path.resolve(import.meta.dirname, '../dist/cli/main.js');

/** What any reader has to do: split a stream at newlines and parse. */
const PLAIN = `
import { createReadStream } from 'node:fs';
import { readdirSync } from 'node:fs';
import path from 'node:path';
let lines = 0;
for (const side of ['baseline', 'candidate']) {
  for (const bench of readdirSync(side)) {
    let rest = '';
    for await (const chunk of createReadStream(path.join(side, bench, 'results.jsonl'), { encoding: 'utf8', highWaterMark: 1 << 20 })) {
      const parts = (rest + chunk).split('\\n');
      rest = parts.pop();
      for (const line of parts) { JSON.parse(line); lines++; }
    }
  }
}
console.log(lines);
`;

const dir = mkdtempSync(path.join(os.tmpdir(), 'nel-bench-gate-'));
try {
  process.exitCode = run() ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function run() {
  const bytes = ['baseline', 'candidate'].reduce((sum, side) => sum + generate(side), 0);
  const lines = BENCHMARKS * PROBLEMS * REPEATS * 2;
  console.log(
    `${lines.toLocaleString('en-US')} lines, ${(bytes / 1e6).toFixed(0)} MB: ${BENCHMARKS} benchmarks × ${PROBLEMS} problems × ${REPEATS} repeats a side`,
  );
  writeFileSync(path.join(dir, 'policy.yaml'), 'version: 1\ndefaults: {tier: critical, metric: mean_reward, max_drop: 0.02}\n');
  const plainFile = path.join(dir, 'plain.mjs');
  writeFileSync(plainFile, PLAIN);
  const gateArguments = [NEL, 'gate', 'baseline', 'candidate', '--policy', 'policy.yaml'];
  // Once each unmeasured, so that both find the files in the page cache.
  measure([plainFile], { cwd: dir });
  const plain = best(() => measure([plainFile], { cwd: dir }));
  const gate = best(() => measure(gateArguments, { cwd: dir, highestCode: 2 }));
  const ratio = gate.seconds / plain.seconds;
  console.log(`plain JSON.parse   ${plain.seconds.toFixed(2)} s, ${plain.megabytes.toFixed(0)} MB`);
  console.log(
    `nel gate           ${gate.seconds.toFixed(2)} s, ${gate.megabytes.toFixed(0)} MB, ${ratio.toFixed(2)} times (limit ${LIMITS.time}), limit ${LIMITS.megabytes} MB`,
  );
  const bare = fastest(['-e', '0']);
  const help = fastest([NEL, 'gate', '--help']);
  console.log(`node -e 0          ${(bare * 1000).toFixed(0)} ms`);
  console.log(`nel gate --help    ${(help * 1000).toFixed(0)} ms, ${(help / bare).toFixed(2)} times (limit ${LIMITS.help})`);
  const kept = ratio <= LIMITS.time && gate.megabytes <= LIMITS.megabytes && help / bare <= LIMITS.help;
  console.log(kept ? 'all limits kept' : 'A LIMIT IS MISSED');
  return kept;
}

/** Writes one side; the candidate loses one answer in a hundred. */
function generate(side) {
  let bytes = 0;
  let state = side === 'baseline' ? 1 : 2;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let b = 0; b < BENCHMARKS; b++) {
    const folder = path.join(dir, side, `bench_${b}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      path.join(folder, `eval-${b}.json`),
      JSON.stringify({ run_id: `${side}-${b}`, benchmark: { name: `bench_${b}`, scores: {} } }),
    );
    const file = path.join(folder, 'results.jsonl');
    const handle = openSync(file, 'w');
    for (let p = 0; p < PROBLEMS; p++) {
      let text = '';
      for (let r = 0; r < REPEATS; r++) {
        const reward = (p * 7919) % 100 < 60 && (side === 'baseline' || random() > 0.01) ? 1 : 0;
        text += `${JSON.stringify({
          problem_idx: p,
          repeat: r,
          reward,
          status: 'scored',
          extracted_answer: 'B',
          expected_answer: reward === 1 ? 'B' : 'C',
          scoring_details: { method: 'multiple_choice' },
          metadata: { category: `category ${p % 14}` },
          tokens: { prompt: 312, completion: 128, reasoning: null, total: 440 },
          latency_ms: 812.5,
          finish_reason: 'stop',
          failure_category: null,
          attempts: 1,
        }).replace(/"expected_answer":"."/, '"expected_answer":"B"')}\n`;
      }
      writeSync(handle, text);
    }
    closeSync(handle);
    bytes += statSync(file).size;
  }
  return bytes;
}

function best(once) {
  const runs = [once(), once(), once()];
  return { seconds: Math.min(...runs.map((one) => one.seconds)), megabytes: Math.max(...runs.map((one) => one.megabytes)) };
}

function fastest(args) {
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    spawnSync(process.execPath, args, { cwd: dir, stdio: 'ignore' });
    return (performance.now() - start) / 1000;
  });
  return Math.min(...times);
}
