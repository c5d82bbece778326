/**
 * The whole run against a bare HTTP loop, in one go on one machine: rates, CPU a sample of worker and Temporal server, peak memory.
 * Options: --samples N, --in-flight N, --latency MS (may be repeated). Exit 1 when a target is missed.
 */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureServer, serverStatus, stopServer } from '../dist/client/embedded/server.js';
import { cpuMs, watch } from './processes.mjs';

const here = import.meta.dirname;
const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '50000' },
    'in-flight': { type: 'string', default: '256' },
    latency: { type: 'string', multiple: true, default: ['50', '0'] },
  },
});
const samples = Number(values.samples);
const inFlight = Number(values['in-flight']);
/** Share of the bare loop's rate that a run must reach, by latency in ms. */
const TARGETS = { 50: 0.75, 0: 0.25 };
const MAX_CPU_MS = 0.6;

const dir = mkdtempSync(path.join(tmpdir(), 'nel-bench-'));
const stateDir = path.join(dir, 'state');
let missed = 0;
try {
  const lease = await ensureServer({ stateDir });
  await run('warm-up', 0, 500);
  for (const latency of values.latency.map(Number)) await compare(latency);
  await lease.release();
} finally {
  await stopServer({ stateDir, force: true });
  rmSync(dir, { recursive: true, force: true });
}
process.exitCode = missed > 0 ? 1 : 0;

async function compare(latency) {
  const bare = await withEndpoint(latency, async (port) =>
    JSON.parse(
      execFileSync(process.execPath, [path.join(here, 'bare.mjs'), `http://127.0.0.1:${port}`, String(samples), String(inFlight)], {
        encoding: 'utf8',
      }),
    ),
  );
  const nel = await run(`latency-${latency}`, latency, samples);
  const ratio = bare.seconds / nel.seconds;
  const target = TARGETS[latency];
  const cpu = nel.workerCpuMs / samples + nel.serverCpuMs / samples;
  const lines = [
    `${latency} ms latency, ${inFlight} in flight, ${samples} samples`,
    `  bare loop      ${rate(bare.seconds)} samples/s, ${(bare.cpuMs / samples).toFixed(3)} ms CPU a sample`,
    `  nel eval run   ${rate(nel.seconds)} samples/s, first request to last file closed`,
    `  ratio          ${ratio.toFixed(2)}${verdict(target, ratio >= target, `at least ${target}`)}`,
    `  CPU a sample   ${(nel.workerCpuMs / samples).toFixed(3)} ms worker + ${(nel.serverCpuMs / samples).toFixed(3)} ms Temporal server${verdict(MAX_CPU_MS, cpu <= MAX_CPU_MS, `at most ${MAX_CPU_MS} in all`)}`,
    `  peak memory    ${nel.peakMiB.toFixed(0)} MiB worker`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function verdict(target, reached, words) {
  if (target === undefined) return '';
  if (!reached) missed++;
  return `  (target ${words}: ${reached ? 'reached' : 'MISSED'})`;
}

function rate(seconds) {
  return Math.round(samples / seconds).toLocaleString('en');
}

async function withEndpoint(latency, work) {
  const endpoint = spawn(process.execPath, [path.join(here, 'endpoint.mjs'), String(latency)], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await new Promise((resolve) => endpoint.stdout.once('data', (chunk) => resolve(Number(chunk.toString()))));
    return await work(port);
  } finally {
    endpoint.kill();
  }
}

function run(name, latency, count) {
  return withEndpoint(latency, async (port) => {
    const out = path.join(dir, name);
    const status = await serverStatus({ stateDir });
    const serverBefore = cpuMs(status.server.pid);
    const args = [
      'eval',
      'run',
      '--bench',
      path.join(here, 'benchmark.mjs'),
      '--model-url',
      `http://127.0.0.1:${port}/v1`,
      '--model-id',
      'bench',
    ];
    const child = spawn(process.execPath, [path.join(here, '../dist/cli/main.js'), ...args, '--concurrency', String(inFlight), '-o', out], {
      env: { ...process.env, NEL_STATE_DIR: stateDir, NEL_BENCH_SAMPLES: String(count) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const stop = watch(child.pid);
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    const code = await new Promise((resolve) => child.once('close', resolve));
    const { cpuMs: workerCpuMs, peakMiB } = stop();
    if (code !== 0) throw new Error(`nel ended with ${code}: ${errors}`);
    const { first } = await (await fetch(`http://127.0.0.1:${port}/stats`)).json();
    const folder = path.join(out, 'bench');
    const last = Math.max(...readdirSync(folder).map((file) => statSync(path.join(folder, file)).mtimeMs));
    return { seconds: (last - first) / 1000, workerCpuMs, serverCpuMs: cpuMs(status.server.pid) - serverBefore, peakMiB };
  });
}
