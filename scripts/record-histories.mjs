/**
 * Records what workflows of this version did, for test/replay: `node scripts/record-histories.mjs [folder]`, after a build, once a release.
 * Runs the built `nel` against an endpoint and a Temporal server of its own: a finished suite of two benchmarks, a gate that evaluates one side,
 * a cancelled run, and two nights of schedules, one of which takes too long. Folders and names of this machine are replaced, in payloads too.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createClusterActivities } from '../dist/activities/cluster.js';
import { ensureServer, stopServer } from '../dist/client/embedded/server.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const target = path.resolve(process.argv[2] ?? path.join(ROOT, 'test/golden/histories', `v${version}`));
const dir = mkdtempSync(path.join(os.tmpdir(), 'nel-record-'));
const stateDir = path.join(dir, 'state');

/** Answers at once, or after 200 ms when the model is called slow. */
const endpoint = http.createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', async () => {
    if (text.includes('"slow"')) await delay(200);
    const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Answer: 4' } }];
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 0, model: 'm', choices, usage }));
  });
});

function benchmark(name) {
  const rows = Array.from({ length: 60 }, (_, i) => ({ a: i % 5, sum: String((i % 5) + 2) }));
  const file = path.join(dir, `${name}.mjs`);
  const definition = `{ name: '${name}', dataset: ${JSON.stringify(rows)}, prompt: '{a} + 2 = ?', targetField: 'sum', scorer: answerLine() }`;
  writeFileSync(file, `import { answerLine, defineBenchmark } from 'nel';\nexport const b = defineBenchmark(${definition});\n`);
  return file;
}

function config(name, { model, benchmarks, port }) {
  const file = path.join(dir, `${name}.yaml`);
  const service = { type: 'api', url: `http://127.0.0.1:${port}/v1`, model, concurrency: 4 };
  writeFileSync(file, JSON.stringify({ services: { m: service }, benchmarks, output: { dir: path.join(dir, name) } }));
  return file;
}

function nel(...args) {
  return start(...args).done;
}

function start(...args) {
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NEL_STATE_DIR: stateDir,
    TEMPORAL_CLI_PATH: process.env.TEMPORAL_CLI_PATH ?? '',
  };
  const child = spawn(process.execPath, [path.join(ROOT, 'dist/cli/main.js'), ...args], {
    cwd: dir,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return { child, done: new Promise((resolve) => child.once('close', (code) => resolve({ code, said }))) };
}

/** A night of a schedule of its own, to its end. @returns what `nel schedule trigger` ended with */
async function night(name, configFile, policy, ...more) {
  const files = ['--config', configFile, '--policy', policy, '--baseline', path.join(dir, 'suite'), '-o', path.join(dir, 'nightly')];
  expectCode(await nel('schedule', 'create', name, '--cron', '0 2 1 1 *', ...files, ...more), [0]);
  return nel('schedule', 'trigger', name, '--wait');
}

function expectCode({ code, said }, allowed) {
  if (!allowed.includes(code)) throw new Error(`nel ended with ${code}: ${said}`);
}

/** A history as JSON that the SDK takes back: enums as numbers, 64-bit numbers and bytes as strings, what is absent left out. */
function plain(value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value.low === 'number' && typeof value.high === 'number') return value.toString();
  const entries = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(entries.map(([key, member]) => [key, plain(member)]));
}

/** Replaces what is this machine's, in every string and in the JSON inside payloads. */
function portable(value) {
  if (typeof value === 'string') return value.replaceAll(dir, '/tmp/nel-run').replaceAll(ROOT, '/nel').replaceAll(os.hostname(), 'host');
  if (Array.isArray(value)) return value.map(portable);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, portable(member)]));
  if (typeof value.data === 'string' && value.metadata !== undefined) {
    copy.data = Buffer.from(portable(Buffer.from(value.data, 'base64').toString('utf8'))).toString('base64');
  }
  return copy;
}

async function record(client) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const seen = new Map();
  for await (const { workflowId, type, status, startTime } of client.workflow.list())
    seen.set(workflowId, { type, status: status.name, startTime });
  const ordered = [...seen].sort(([, a], [, b]) => a.startTime - b.startTime);
  const written = new Set();
  for (const [workflowId, { type, status }] of ordered) {
    const kind = workflowId.startsWith('nel-gate') ? 'gate' : status.toLowerCase();
    const stem = `${kind}-${type}`;
    let name = stem;
    for (let n = 2; written.has(name); n++) name = `${stem}-${n}`;
    written.add(name);
    const history = plain(await client.workflow.getHandle(workflowId).fetchHistory());
    writeFileSync(path.join(target, `${name}.json`), `${JSON.stringify(portable({ workflowId, type, status, history }))}\n`);
    console.log(`${name}: ${history.events.length} events`);
  }
}

async function cancelOpenRun(client) {
  for (;;) {
    const open = client.workflow.list({ query: "ExecutionStatus = 'Running' AND WorkflowType = 'runSuite'" });
    const { value, done } = await open[Symbol.asyncIterator]().next();
    if (!done) {
      // Time for a batch to begin.
      await delay(1500);
      await client.workflow.getHandle(value.workflowId).cancel();
      return;
    }
    await delay(100);
  }
}

/** Shard 1 loses its node, and shard 2 reaches its walltime; or, cancelled, all shards run on. */
class PlayedCluster {
  looks = 0;

  constructor(isEndless) {
    this.isEndless = isEndless;
  }

  async prepare() {}
  async cancel() {}
  async fetch() {}
  async merge() {
    return [{ benchmark: 'sums', status: 'completed', reason: null, mean_reward: 0.5, bundle: '/tmp/nel-run/sums/eval-x.json' }];
  }
  async submit({ attempt, shards }) {
    return { attempt, jobs: [{ jobId: String(100 + attempt), shards }] };
  }
  async poll({ submitted }) {
    this.looks++;
    return submitted.flatMap(({ attempt, jobs }) =>
      jobs.flatMap(({ jobId, shards }) =>
        shards.map((shard) => ({ shard, job_id: `${jobId}_${shard}`, node: `n${shard}`, samples: 40, ...this.state(shard, attempt) })),
      ),
    );
  }
  state(shard, attempt) {
    if (this.isEndless) return { state: 'running', reason: null, done: 7 };
    if (shard === 1 && attempt === 1) return { state: 'failed', reason: 'node_fail', done: 3 };
    if (shard === 2 && attempt === 1) return { state: 'failed', reason: 'drained (exit code 75)', done: 20 };
    return { state: 'completed', reason: null, done: 40 };
  }
}

/** Cluster runs in their shipped workflow bundle. */
async function playClusterRuns(client, address) {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: 'error' } } });
  const connection = await NativeConnection.connect({ address });
  try {
    for (const isEndless of [false, true]) {
      const cluster = new PlayedCluster(isEndless);
      const sleep = (ms) => delay(ms);
      const looks = { first: 20, longest: 20, durableFrom: 1e9, lostAfter: 1e9, now: () => Date.now(), sleep };
      const taskQueue = `cluster-${isEndless}`;
      const worker = await Worker.create({
        connection,
        taskQueue,
        workflowBundle: { codePath: path.join(ROOT, 'dist/workflow-bundle.js') },
        activities: createClusterActivities({ cluster, looks }),
        dataConverter: { failureConverterPath: path.join(ROOT, 'dist/workflows/failure-converter.js') },
        defaultHeartbeatThrottleInterval: '100ms',
        maxHeartbeatThrottleInterval: '100ms',
      });
      const input = {
        run_dir: '/tmp/nel-run',
        run_id: 'run',
        spec_hash: 'sha256:spec',
        generation: 0,
        benchmarks: [{ name: 'sums', model: 'm', samples: 160, concurrency: 4 }],
        shards: 4,
        max_attempts: 3,
        max_error_rate: 0.01,
        search_attributes: [],
      };
      const handle = await client.workflow.start('slurmRun', { workflowId: `nel-run-${isEndless}/cluster`, taskQueue, args: [input] });
      await worker.runUntil(async () => {
        while (isEndless && cluster.looks < 3) await delay(50);
        if (isEndless) await handle.cancel();
        await handle.result().catch((error) => {
          if (!isEndless) throw error;
        });
      });
    }
  } finally {
    await connection.close();
  }
}

const lease = await ensureServer({ stateDir });
const connection = await Connection.connect({ address: lease.address });
try {
  const client = new Client({ connection });
  await new Promise((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const { port } = endpoint.address();
  const [sums, more] = [benchmark('sums'), benchmark('more')];
  const both = [{ name: sums }, { name: more, repeats: 3 }];
  expectCode(await nel('eval', 'run', config('suite', { model: 'fast', benchmarks: both, port })), [0]);
  const policy = path.join(dir, 'policy.yaml');
  writeFileSync(policy, JSON.stringify({ version: 1, defaults: { tier: 'critical', metric: 'mean_reward', max_drop: 0.1 } }));
  const other = config('other', { model: 'other', benchmarks: both, port });
  expectCode(await nel('gate', path.join(dir, 'suite'), other, '--policy', policy), [0, 2]);
  const slow = nel('eval', 'run', config('cancelled', { model: 'slow', benchmarks: [{ name: more, repeats: 20 }], port }));
  await cancelOpenRun(client);
  expectCode(await slow, [4, 130]);
  await playClusterRuns(client, lease.address);
  const worker = start('worker', '--embedded');
  expectCode(await night('quick', other, policy), [0]);
  const long = config('long', { model: 'slow', benchmarks: [{ name: more, repeats: 20 }], port });
  expectCode(await night('late', long, policy, '--time-limit', '2s'), [4]);
  worker.child.kill('SIGTERM');
  await worker.done;
  await record(client);
} finally {
  endpoint.close();
  await connection.close();
  await lease.release();
  await stopServer({ stateDir, force: true });
  rmSync(dir, { recursive: true, force: true });
}
