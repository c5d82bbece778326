/** What a shard's script does beside a model that it serves, run by bash as a job would: no Slurm is needed for that. */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderShardScript } from '../../../src/adapters/clusters/slurm/script.js';
import type { ServedModel } from '../../../src/core/cluster.js';
import { CLUSTER, JOB, VLLM } from '../../unit/adapters/clusters/slurm/fixtures.js';

/** Answers 200 on /health with its port after so many milliseconds; ends by itself when the file `die` is there. */
const SERVER = `
const [port, wait = '0'] = process.argv.slice(1);
console.log('loading');
setInterval(() => { if (require('node:fs').existsSync('die')) { console.log('CUDA out of memory'); process.exit(7); } }, 50);
setTimeout(() => require('node:http').createServer((q, r) => r.writeHead(q.url === '/health' ? 200 : 404).end(port)).listen(Number(port), '127.0.0.1'), Number(wait));`;

let workdir: string;
beforeEach(() => {
  workdir = mkdtempSync(path.join(os.tmpdir(), 'nel-served-'));
});
afterEach(() => rmSync(workdir, { recursive: true, force: true }));

/** A port that nothing listens on now, below those of outgoing connections. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 15_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (isFree) {
      await new Promise((resolve) => server.close(resolve));
      return port;
    }
  }
}

function serverModel(port: number, { name = 'model', wait = 0 } = {}): ServedModel {
  const command = [process.execPath, '-e', SERVER, '{port}', String(wait)];
  return { ...VLLM, name, type: 'command', command, port, node_pool: null, health_timeout: 20 };
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a shard whose evaluation is `body` (bash), as Slurm would; `folder` keeps two of them apart. */
function runShard(body: string, models: readonly ServedModel[], { folder = 'job', shard = 0 } = {}): Promise<Ended> {
  const dir = path.join(workdir, folder);
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'evaluate.sh'), body);
  const cluster = { ...CLUSTER, workdir: dir };
  const { text } = renderShardScript({
    ...JOB,
    cluster,
    workdir: dir,
    models,
    totalShards: 2,
    shards: [0, 1],
    command: ['bash', 'evaluate.sh'],
  });
  writeFileSync(path.join(dir, 'shards.sh'), text);
  const env = { PATH: process.env['PATH'], SLURM_ARRAY_TASK_ID: String(shard), SLURM_JOB_ID: '1' };
  const child = spawn('bash', [path.join(dir, 'shards.sh')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

const ASK = `ask() { exec 3<>"/dev/tcp/127.0.0.1/$1"; printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3; }
port=\${NEMO_MODEL_URL#http://127.0.0.1:}; port=\${port%/v1}`;

describe('a job that serves its model', () => {
  it('ends as a failure, with the end of its log, when the model dies under the evaluation', { timeout: 20_000 }, async () => {
    const started = performance.now();
    // As an evaluation whose endpoint is gone: it waits until TERM, and would then ask to be continued.
    const { code, output } = await runShard(`trap 'echo drained >drained; exit 130' TERM; touch die; while :; do sleep 0.2; done`, [
      serverModel(await freePort()),
    ]);
    expect([code, readFileSync(path.join(workdir, 'job/attempt-1/status/shard-0'), 'utf8')], output).toEqual([69, '69\n']);
    expect(output).toMatch(/service model has ended with exit code 7; the end of logs\S+:\n[^]*CUDA out of memory[^]*exit code 69/);
    expect(readFileSync(path.join(workdir, 'job/drained'), 'utf8')).toBe('drained\n');
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it.each([
    ['and hears no TERM', `trap '' TERM; touch die; for _ in {1..30}; do sleep 0.1; done; touch succeeded`],
    ['before anybody looked', 'touch die; sleep 0.3; touch succeeded'],
  ])('counts a model that died as a failure when its evaluation succeeds all the same %s', { timeout: 20_000 }, async (_, body) => {
    expect(await runShard(body, [serverModel(await freePort())])).toMatchObject({ code: 69 });
    expect(existsIn('job/succeeded')).toBe(true);
  });

  it('goes on where all is well, with every service at the address that its variable names', async () => {
    const port = await freePort();
    const body = `${ASK}; [[ $(ask "$port") == "$port" ]] || exit 5; printf '%s\\n' "$NEL_SERVICE_MODEL_URL" "$NEL_SERVICE_7B_URL"`;
    const { code, output } = await runShard(body, [serverModel(port), { ...serverModel(port, { name: '7b' }), base_path: '/api/v2' }]);
    expect(code, output).toBe(0);
    expect(output).toMatch(new RegExp(`^http://127.0.0.1:${port}/v1\nhttp://127.0.0.1:\\d+/api/v2$`, 'm'));
    expect(output).not.toContain(`127.0.0.1:${port}/api`);
  });

  it('takes a port that another job of this user took and does not listen on yet for taken', { timeout: 20_000 }, async () => {
    const port = await freePort();
    const body = `${ASK}; ask "$port" >answered; printf '%s' "$port" >port; sleep 2`;
    const [first, second] = await Promise.all(
      ['one', 'two'].map((folder) => runShard(body, [serverModel(port, { wait: 1500 })], { folder })),
    );
    expect([first?.code, second?.code], `${first?.output}${second?.output}`).toEqual([0, 0]);
    const read = (file: string): string => readFileSync(path.join(workdir, file), 'utf8').trim();
    expect(['one', 'two'].map((folder) => Number(read(`${folder}/port`))).sort((a, b) => a - b)).toEqual([port, port + 2]);
    for (const folder of ['one', 'two']) expect(read(`${folder}/answered`)).toBe(read(`${folder}/port`));
  });

  it("evaluates nothing on the answers of another's server", async () => {
    // It answers when the job's own server has given up.
    const foreign = createServer((_, response) => void setTimeout(() => response.end('foreign'), 500));
    const port = await freePort();
    // It takes the port when the script has chosen it, before the job's own server can.
    const command = [
      'bash',
      '-c',
      'touch started; while [[ ! -e taken ]]; do sleep 0.05; done; echo "address already in use"; exit 1',
      '{port}',
    ];
    const job = runShard('touch evaluated', [{ ...serverModel(port), command }]);
    while (!existsIn('job/started')) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise<void>((resolve) => void foreign.listen(port, '127.0.0.1', resolve));
    expect((foreign.address() as AddressInfo).port).toBe(port);
    writeFileSync(path.join(workdir, 'job/taken'), '');
    try {
      const { code, output } = await job;
      expect(code, output).toBe(69);
      expect(output).toMatch(/service model has ended with exit code 1[^]*address already in use/);
    } finally {
      foreign.close();
    }
  });
});

function existsIn(file: string): boolean {
  try {
    readFileSync(path.join(workdir, file));
    return true;
  } catch {
    return false;
  }
}
