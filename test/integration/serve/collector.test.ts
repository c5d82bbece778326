/**
 * NeMo Gym's own collector (PyPI nemo-gym 0.4.0) against `nel serve --gym-compat`, started by Gym through the stub in deploy/gym: rows that we
 * exported, a fake model, aggregation on. Its Python packages are installed once, into the user's cache directory.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportData } from '../../../src/serve/export-data.js';
import { openBenchmark } from '../../../src/workers/open-benchmark.js';
import { DATA_DIR } from '../../data-dir.js';
import { type FakeEndpoint, startFakeEndpoint } from '../../fakes/endpoint.js';
import { gsm8kReplay } from '../../fakes/replay.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const NEL = path.join(ROOT, 'dist/cli/main.js');
const VERSION = '0.4.0';
const PROBLEMS = 12;
const REPEATS = 2;

/** A Python 3.12: what nemo-gym 0.4.0 wants. */
function findPython(): string | undefined {
  const pyenv = path.join(process.env['PYENV_ROOT'] ?? path.join(os.homedir(), '.pyenv'), 'versions');
  const installed = existsSync(pyenv) ? readdirSync(pyenv).filter((name) => name.startsWith('3.12.')) : [];
  const candidates = [...installed.map((name) => path.join(pyenv, name, 'bin/python')), 'python3.12'];
  return candidates.find((python) => spawnSync(python, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0);
}

const python = findPython();
const missing =
  python === undefined
    ? ' (skipped: install Python 3.12)'
    : existsSync(path.join(DATA_DIR, 'gsm8k'))
      ? ''
      : ' (skipped: put the shared data sets into ../shared/data)';

const dir = mkdtempSync(path.join(os.tmpdir(), 'nel-collector-'));
const venv = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'nel-tests', `nemo-gym-${VERSION}`);
const work = path.join(dir, 'gym');
let endpoint: FakeEndpoint | undefined;
let gym: ChildProcess | undefined;
let gymLog = '';
let headPort = 0;
let offline = '';

/** What pip says where no package index can be reached. */
const OFFLINE = /from versions: none|NewConnectionError|ProxyError|Connection refused|name resolution|timed out|Network is unreachable/;

/**
 * Some minutes and 1.4 GB, once. A mark tells a whole installation from one that was cut short.
 * @returns '' or why there is none on a machine without a network
 */
function install(): string {
  const done = path.join(venv, '.installed');
  if (existsSync(done)) return '';
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(path.dirname(venv), { recursive: true });
  execFileSync(python as string, ['-m', 'venv', venv]);
  const args = ['install', '--quiet', '--disable-pip-version-check', `nemo-gym==${VERSION}`];
  const { status, stderr } = spawnSync(path.join(venv, 'bin/pip'), args, { encoding: 'utf8' });
  if (status === 0) {
    writeFileSync(done, '');
    return '';
  }
  rmSync(venv, { recursive: true, force: true });
  if (OFFLINE.test(stderr)) return `no network to install nemo-gym ${VERSION} by`;
  throw new Error(`nemo-gym ${VERSION} could not be installed: ${stderr.slice(-2_000)}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const head = (): string[] => ['+head_server.host=127.0.0.1', `+head_server.port=${headPort}`];

/** Gym would install its packages once more for each of its servers: they get those that are there. */
function shareVenv(): string {
  const venvs = path.join(dir, 'venvs');
  for (const server of ['resources_servers/nel', 'responses_api_agents/simple_agent', 'responses_api_models/vllm_model']) {
    mkdirSync(path.join(venvs, server), { recursive: true });
    symlinkSync(venv, path.join(venvs, server, '.venv'));
  }
  return venvs;
}

/** Ray, which Gym starts first, gives itself 30 s and no more: on a busy machine it gets another chance. */
const SLOW_START = /timed out during startup/;

async function startGym(policyUrl: string, venvs: string, chances = 3): Promise<void> {
  const nel = path.join(dir, 'nel');
  writeFileSync(nel, `#!/bin/sh\nexec '${process.execPath}' '${NEL}' "$@"\n`);
  chmodSync(nel, 0o755);
  const args = [
    '+config_paths=[nel.yaml,responses_api_models/vllm_model/configs/vllm_model.yaml]',
    `+policy_base_url=${policyUrl}`,
    '+policy_api_key=sk-test',
    '+policy_model_name=recorded',
    '+skip_venv_if_present=true',
    `+uv_venv_dir=${venvs}`,
    '+use_absolute_ip=false',
    ...head(),
  ];
  gym = spawn(path.join(venv, 'bin/ng_run'), args, {
    cwd: work,
    // A group of its own: Gym passes no signal on to what its servers' shells have started.
    detached: true,
    env: { ...process.env, NEL_COMMAND: nel, NEL_DATA_DIR: DATA_DIR, RAY_AUTH_MODE: 'disabled' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [gym.stdout, gym.stderr]) stream?.on('data', (chunk: Buffer) => void (gymLog += chunk.toString()));
  const end = Date.now() + 240_000;
  while (!/servers ready!/.test(gymLog)) {
    if (gym.exitCode !== null || Date.now() > end) {
      if (chances === 1 || !SLOW_START.test(gymLog)) throw new Error(`ng_run did not come up:\n${gymLog.slice(-4_000)}`);
      killGroup(gym);
      gymLog = '';
      return startGym(policyUrl, venvs, chances - 1);
    }
    await delay(250);
  }
}

async function stopGym(): Promise<void> {
  if (gym?.pid === undefined || gym.exitCode !== null) return;
  const ended = new Promise<void>((resolve) => gym?.once('exit', () => resolve()));
  process.kill(-gym.pid, 'SIGINT');
  await Promise.race([ended, delay(15_000)]);
  killGroup(gym);
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of the group has gone.
  }
}

describe.skipIf(missing !== '')(`ng_collect_rollouts of nemo-gym ${VERSION}${missing}`, () => {
  beforeAll(async () => {
    offline = install();
    if (offline !== '') return;
    cpSync(path.join(ROOT, 'deploy/gym'), work, { recursive: true });
    endpoint = await startFakeEndpoint({ answer: gsm8kReplay('175b_verification') });
    headPort = await freePort();
    await startGym(endpoint.url, shareVenv());
  }, 900_000);

  afterAll(async () => {
    await stopGym();
    await endpoint?.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }, 60_000);

  it('collects from nel serve --gym-compat on exported rows, aggregates and exits 0', { timeout: 240_000 }, async ({ skip }) => {
    skip(offline !== '', offline);
    const env = { NEL_DATA_DIR: DATA_DIR };
    const { environment } = await openBenchmark({ ref: 'gsm8k', systemPrompt: null, params: {}, env, cwd: dir });
    const { file } = await exportData(environment, path.join(dir, 'rows'));
    const out = path.join(dir, 'rollouts.jsonl');
    const args = [
      '+agent_name=nel_simple_agent',
      `+input_jsonl_fpath=${file}`,
      `+output_jsonl_fpath=${out}`,
      `+limit=${PROBLEMS}`,
      `+num_repeats=${REPEATS}`,
      '+num_samples_in_parallel=4',
      ...head(),
    ];
    const collector = spawn(path.join(venv, 'bin/ng_collect_rollouts'), args, { cwd: work, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const stream of [collector.stdout, collector.stderr]) stream.on('data', (chunk: Buffer) => void (log += chunk.toString()));
    const code = await new Promise((resolve) => collector.once('close', resolve));
    expect(code, log.slice(-4_000)).toBe(0);

    interface Rollout {
      readonly uuid: string;
      readonly reward: number;
      readonly metadata: { readonly problem_idx: number };
      readonly expected_answer: string;
      readonly extracted_answer: string | null;
      readonly response: { readonly output: readonly { readonly content: readonly { readonly text: string }[] }[] };
    }
    const rollouts = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Rollout);
    expect(rollouts).toHaveLength(PROBLEMS * REPEATS);
    const never = new AbortController().signal;
    for (const { uuid, reward, metadata, expected_answer, extracted_answer, response } of rollouts) {
      const seed = await environment.seed(metadata.problem_idx, 0, never);
      const local = await environment.verify(seed, response.output[0]?.content[0]?.text ?? '', never);
      expect({ uuid, reward, expected_answer, extracted_answer }).toEqual({
        uuid: `gsm8k-${metadata.problem_idx}`,
        reward: local.reward,
        expected_answer: seed.expected_answer,
        extracted_answer: local.extracted_answer,
      });
    }
    const [agent] = JSON.parse(readFileSync(path.join(dir, 'rollouts_aggregate_metrics.json'), 'utf8')) as {
      readonly key_metrics: Readonly<Record<string, number>>;
      readonly group_level_metrics: readonly unknown[];
    }[];
    const mean = rollouts.reduce((sum, { reward }) => sum + reward, 0) / rollouts.length;
    expect(agent?.key_metrics['mean/reward']).toBeCloseTo(mean, 12);
    expect(agent?.group_level_metrics).toHaveLength(PROBLEMS);
  });
});
