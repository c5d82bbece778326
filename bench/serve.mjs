/**
 * /verify of `nel serve` (gsm8k, from the build in dist/) against a bare node:http server that echoes the same body: requests a second
 * over 64 connections, memory over 200,000 requests, and 1,000 malformed bodies. Flags: --seconds N, --requests N (for the memory part),
 * --small for both little. Exit 1 when the ratio is below 0.5, memory grows, or a malformed body is answered with anything but a 4xx.
 * Without gsm8k on this machine another benchmark is served.
 */

import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createJiti } from 'jiti';
import { Pool } from 'undici';

const CONNECTIONS = 64;
const TARGET = 0.5;
/** Odd, for a median. */
const ROUNDS = 9;
/** What the heap may differ by between two moments of a steady server. */
const GROWTH_MIB = 16;
const MALFORMED = 1_000;
const MAX_BODY_BYTES = 2 ** 20;
const DIST = process.env.NEL_BENCH_DIST ?? path.resolve(import.meta.dirname, '../dist');

const BODY = JSON.stringify({
  response:
    'Natalia sold 48 / 2 = 24 clips in May.\nAltogether she sold 48 + 24 = 72 clips.\nThat is 72 clips in April and May.\n#### 72'.repeat(
      2,
    ),
  expected: '72',
  metadata: { problem_idx: 0, source: 'bench' },
});

async function echo() {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => response.setHeader('content-type', 'application/json').end(Buffer.concat(chunks)));
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}

async function serve() {
  const load = (file) => import(path.join(DIST, file));
  const [{ openBenchmark }, { listen }] = await Promise.all([load('workers/open-benchmark.js'), load('serve/listen.js')]);
  const shared = path.resolve(import.meta.dirname, '../../shared/data');
  const env = { ...process.env, ...(existsSync(path.join(shared, 'gsm8k')) ? { NEL_DATA_DIR: shared } : {}) };
  const open = (ref) => openBenchmark({ ref, systemPrompt: null, params: {}, env, cwd: process.cwd() });
  const { environment } = await open(env.NEL_DATA_DIR ? 'gsm8k' : 'arithmetic');
  const { port } = await listen(environment, {
    host: '127.0.0.1',
    port: 0,
    limits: { maxBodyBytes: MAX_BODY_BYTES, maxAggregateBytes: MAX_BODY_BYTES },
  });
  process.send({ port, benchmark: environment.name, size: environment.dataset.size });
}

/** Heap in MiB after everything that can be collected was. */
function answerMemory() {
  process.on('message', () => {
    globalThis.gc();
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    process.send({ mib: (heapUsed + external) / 2 ** 20 });
  });
}

function start(role) {
  const child = fork(import.meta.filename, ['--role', role], { execArgv: ['--expose-gc'], env: process.env });
  const next = () =>
    new Promise((resolve, reject) => child.once('message', resolve).once('exit', () => reject(new Error(`${role} ended`))));
  return {
    ready: next(),
    memory: () => {
      child.send('memory');
      return next();
    },
    stop: () => child.kill('SIGKILL'),
  };
}

/** Requests until `until()` says that it is enough. @returns requests and seconds */
async function load(port, until) {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS, pipelining: 1 });
  let requests = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (!until(requests)) {
        requests++;
        const { statusCode, body } = await pool.request({ path: '/verify', method: 'POST', body: BODY });
        const text = await body.text();
        if (statusCode !== 200) throw new Error(`status ${statusCode}: ${text}`);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  await pool.close();
  return { requests, seconds };
}

async function rate(port, seconds) {
  const end = performance.now() + seconds * 1000;
  const done = await load(port, () => performance.now() > end);
  return done.requests / done.seconds;
}

/** @returns how many of a thousand bad bodies were answered with a 4xx, and whether the server is well after them */
async function refusals(port, size) {
  const jiti = createJiti(import.meta.url);
  const { malformedBodies } = await jiti.import('../test/fakes/malformed-bodies.ts');
  const bodies = malformedBodies({ count: MALFORMED, size, maxBodyBytes: MAX_BODY_BYTES }).values();
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 8, pipelining: 1 });
  let refused = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const { route, body } of bodies) {
        const reply = await pool.request({ path: route, method: 'POST', body });
        await reply.body.dump();
        if (reply.statusCode >= 400 && reply.statusCode < 500) refused++;
      }
    }),
  );
  const { statusCode, body } = await pool.request({ path: '/health', method: 'GET' });
  const { status, running } = await body.json();
  await pool.close();
  return { refused, healthy: statusCode === 200 && status === 'ok' && running === 0 };
}

async function main({ seconds, requests }) {
  const bare = start('echo');
  const nel = start('serve');
  try {
    const [{ port: barePort }, { port, benchmark, size }] = await Promise.all([bare.ready, nel.ready]);
    await rate(barePort, seconds / 4);
    await rate(port, seconds / 4);
    // In turns, and each round's ratio for itself: what else the machine does changes from one second to the next.
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({ bare: await rate(barePort, seconds / ROUNDS), nel: await rate(port, seconds / ROUNDS) });
    }
    const median = (of) => rounds.map(of).sort((x, y) => x - y)[(ROUNDS - 1) / 2];
    const ratio = median(({ bare: echoed, nel: judged }) => judged / echoed);
    const show = (value) => Math.round(value).toLocaleString('en-US').padStart(8);
    process.stdout.write(`bare node:http echo  ${show(median((one) => one.bare))} requests/s\n`);
    process.stdout.write(`/verify (${benchmark})`.padEnd(21) + `${show(median((one) => one.nel))} requests/s\n`);
    process.stdout.write(`ratio                ${ratio.toFixed(2).padStart(8)} (target ${TARGET} or more)\n`);
    const before = (await nel.memory()).mib;
    await load(port, (sent) => sent >= requests);
    const after = (await nel.memory()).mib;
    process.stdout.write(
      `memory               ${before.toFixed(1).padStart(8)} MiB, after ${requests.toLocaleString('en-US')} requests ${after.toFixed(1)} MiB\n`,
    );
    const { refused, healthy } = await refusals(port, size);
    process.stdout.write(
      `malformed bodies     ${String(refused).padStart(8)} of ${MALFORMED} answered with 4xx, server ${healthy ? 'healthy' : 'NOT healthy'}\n`,
    );
    if (ratio < TARGET || after - before > GROWTH_MIB || refused < MALFORMED || !healthy) process.exitCode = 1;
  } finally {
    bare.stop();
    nel.stop();
  }
}

const { values } = parseArgs({
  options: { role: { type: 'string' }, seconds: { type: 'string' }, requests: { type: 'string' }, small: { type: 'boolean' } },
});
if (values.role !== undefined) {
  answerMemory();
  // The one that started it may be killed.
  process.on('disconnect', () => process.exit());
  await (values.role === 'echo' ? echo() : serve());
} else {
  await main({
    seconds: Number(values.seconds ?? (values.small ? 1 : 9)),
    requests: Number(values.requests ?? (values.small ? 2_000 : 200_000)),
  });
}
