/** deploy/ray_eval.py and ray_launcher.py: their decisions with a stand-in for Ray, then as a job of a real Ray cluster of one node. */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { startPracticeEndpoint } from '../../../src/practice/endpoint.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { tools } from '../../test-tools.js';
import { type BundleFile, readLines, timeless } from '../runs/lab.js';
import { NEL, RAY, type Ran, ROOT, run } from './files.js';

const FAKES = path.join(import.meta.dirname, 'fake_ray');
const MODEL = ['--model-url', 'http://127.0.0.1:8899/v1', '--model-id', 'practice-large'];

const folder = temporaryFolder('deploy');
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** Python leaves its compiled files out of the project. */
const pythonEnv = { ...process.env, PYTHONPYCACHEPREFIX: path.join(folder, 'pycache') };

const python = (await run('python3', ['--version'])).code === 0;

const fakeEnv = { ...pythonEnv, PYTHONPATH: FAKES, NEL_COMMAND: `python3 ${path.join(FAKES, 'nel.py')}` };

function launch(args: readonly string[], { cwd = folder, ...env }: Record<string, string> = {}): Promise<Ran> {
  return run('python3', [path.join(ROOT, 'deploy/ray_launcher.py'), ...args], { cwd, env: { ...fakeEnv, ...env } });
}

/** A program that has ray_eval's names. */
const withRayEval = (program: string): string[] => ['-c', `import sys\nsys.path.insert(1, 'deploy')\nimport ray_eval\n${program}`];

interface Call {
  readonly args: readonly string[];
  readonly shard: string | null;
  readonly total: string | null;
}

function calls(dir: string, name: string): Call[] {
  const file = path.join(dir, `calls-${name}.jsonl`);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Call);
}

describe.skipIf(!python)(`the Ray launcher${python ? '' : ' (skipped: install python3)'}`, () => {
  it('compiles', async () => {
    const { code, output } = await run('python3', ['-m', 'py_compile', ...RAY], { env: pythonEnv });
    expect(code, output).toBe(0);
  });

  it('calls nel for each shard with the same arguments, then merges', async () => {
    const { code, output } = await launch(
      ['--bench', 'gsm8k', '--shards', '3', '--repeats', '5', ...MODEL, '--output-dir', 'plain', '--', '--max-problems', '9'],
      { NEMO_API_KEY: 'sk-canary-4711' },
    );
    expect(code, output).toBe(0);
    const out = path.join(folder, 'plain');
    const args = ['eval', 'run', '--bench', 'gsm8k', '--repeats', '5', ...MODEL, '--output-dir', out, '--max-problems', '9'];
    for (const shard of ['0', '1', '2']) expect(calls(out, `shard_${shard}`)).toEqual([{ args, shard, total: '3' }]);
    expect(calls(out, 'merge').map((call) => call.args)).toEqual([['eval', 'merge', out]]);
    expect(output).not.toContain('sk-canary-4711');
  });

  it('starts a shard that failed again', async () => {
    const { code, output } = await launch(['--bench', 'gsm8k', '--shards', '2', ...MODEL, '--output-dir', 'again'], {
      NEL_FAKE_EXITS: '{"1": [4, 130, 0]}',
    });
    expect(code, output).toBe(0);
    expect(calls(path.join(folder, 'again'), 'shard_1')).toHaveLength(3);
    expect(calls(path.join(folder, 'again'), 'merge')).toHaveLength(1);
  });

  it('lets the other shards end when one fails for good, and does not merge', async () => {
    const { code, output } = await launch(['--bench', 'gsm8k', '--shards', '3', ...MODEL, '--output-dir', 'failed'], {
      NEL_FAKE_EXITS: '{"0": [4]}',
    });
    expect(code).toBe(4);
    expect(output).toContain('shard 0: failed: shard 0 of 3 ended with exit code 4');
    const out = path.join(folder, 'failed');
    expect([0, 1, 2].map((shard) => calls(out, `shard_${shard}`).length)).toEqual([4, 1, 1]);
    expect(calls(out, 'merge')).toEqual([]);
  });

  it('does not try wrong settings again', async () => {
    const { code } = await launch(['--bench', 'gsm9k', '--shards', '1', ...MODEL, '--output-dir', 'refused'], {
      NEL_FAKE_EXITS: '{"0": [3]}',
    });
    expect(code).toBe(3);
    expect(calls(path.join(folder, 'refused'), 'shard_0')).toHaveLength(1);
  });

  it('waits until a process that still ends lets go of the folder of its shard', async () => {
    const args = ['--bench', 'gsm8k', '--shards', '1', ...MODEL, '--output-dir', 'held'];
    const { code, output } = await launch(args, { NEL_FAKE_EXITS: '{"0": ["in use", 0]}' });
    expect(code, output).toBe(0);
    expect(output).toContain('held is in use by process 4711 on this-host');
    expect(calls(path.join(folder, 'held'), 'shard_0')).toHaveLength(2);
  });

  it('takes a process that does not let go for a refusal', async () => {
    const program = `ray_eval.IN_USE_LIMIT_S, ray_eval.IN_USE_PAUSE_S = 0.5, 0.1
try:
    ray_eval.evaluate_shard(['eval', 'run', '--output-dir', '${path.join(folder, 'kept')}'], 0, 1)
except ray_eval.ShardRefused as error:
    print(error)`;
    const { code, output } = await run('python3', withRayEval(program), { env: { ...fakeEnv, NEL_FAKE_EXITS: '{"0": ["in use"]}' } });
    expect(code, output).toBe(0);
    expect(output).toContain('shard 0 of 1 ended with exit code 3');
    expect(calls(path.join(folder, 'kept'), 'shard_0').length).toBeGreaterThan(1);
  });

  it.skipIf(process.platform !== 'linux')('ends nel when its task is killed', { timeout: 30_000 }, async () => {
    const file = path.join(folder, 'pid');
    const nel = `import os, time; open('${file}', 'w').write(str(os.getpid())); time.sleep(60)`;
    const program = `ray_eval.run_to_end([sys.executable, '-c', sys.argv[1]], dict(ray_eval.os.environ))`;
    const task = spawn('python3', [...withRayEval(program), nel], { cwd: ROOT, env: fakeEnv, stdio: 'ignore' });
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toMatch(/^\d+$/), 10_000);
    const pid = Number(readFileSync(file, 'utf8'));
    expect(isRunning(pid)).toBe(true);
    task.kill('SIGKILL');
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 10_000);
  });

  it('does not try again where there is no nel, and says how it is called', async () => {
    const { code, output } = await launch(['--bench', 'gsm8k', '--shards', '1', ...MODEL, '--output-dir', 'none'], {
      NEL_COMMAND: 'no-nel',
    });
    expect(code).toBe(3);
    expect(output.match(/no-nel: No such file or directory \(NEL_COMMAND says how nel is called\)/g)).toHaveLength(1);
  });

  it('gives an address to nel as it is, and looks for no bundle there', async () => {
    const { code, output } = await launch(['--bench', 'gsm8k', '--shards', '1', ...MODEL, '--output-dir', 's3://evals/ray']);
    expect(code, output).toBe(0);
    const out = path.join(folder, 's3:/evals/ray');
    expect(calls(out, 'shard_0')[0]?.args.at(-1)).toBe('s3://evals/ray');
    expect(calls(out, 'merge').map((call) => call.args)).toEqual([['eval', 'merge', 's3://evals/ray']]);
  });

  it('refuses a folder that Ray removes with the job', async () => {
    const cwd = path.join(folder, 'working_dir_files/_ray_pkg_0123456789abcdef');
    mkdirSync(cwd, { recursive: true });
    const { code, output } = await launch(['--bench', 'gsm8k', ...MODEL, '--output-dir', 'results'], { cwd });
    expect(code).toBe(3);
    expect(output).toContain('name an absolute path or an s3:// address');
  });

  it('ends with the exit code of a merge that was refused', async () => {
    const { code, output } = await launch(['--bench', 'gsm8k', '--shards', '1', ...MODEL, '--output-dir', 'unmerged'], {
      NEL_FAKE_EXITS: '{"merge": [3]}',
    });
    expect(code, output).toBe(3);
  });

  it.each([
    [['--bench', 'gsm8k', ...MODEL, '--output-dir', 'x', '--shards', '0'], '--shards has to be 1 or more'],
    [['--bench', 'gsm8k', '--output-dir', 'x'], '--model-url'],
    [['--bench', 'gsm8k', ...MODEL], '--output-dir'],
    [['--bench', 'gsm8k', ...MODEL, '--output-dir', 'x', '--api-key', 'x'], 'unrecognized arguments'],
  ])('refuses %j', async (args, words) => {
    const { code, output } = await launch(args);
    expect(code).toBe(3);
    expect(output).toContain(words);
  });
});

/** A zombie has ended. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const ray = tools('ray');
const namespaces = (await run('unshare', ['--net', 'ip', 'link'])).code === 0;
const hint = namespaces ? ray.hint : ' (skipped: needs root, unshare and iproute2)';

/** Ray listens on every address, so it gets a network of its own, with the practice models in it. All ends with the command. */
function submit(args: readonly string[], env: Record<string, string>): Promise<Ran> {
  const inside = `set -euo pipefail
    ip link set lo up
    "$NODE" "$NEL" demo --serve --port 8899 >/dev/null &
    ray start --head --node-ip-address=127.0.0.1 --port=26379 --dashboard-host=127.0.0.1 --dashboard-port=28265 \\
      --num-cpus=4 --object-store-memory=100000000 --temp-dir="$RAY_FILES" --disable-usage-stats >&2
    ray job submit --working-dir "$WORKING_DIR" -- python ray_launcher.py "$@"`;
  return run('unshare', ['--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', inside, 'ray', ...args], {
    cwd: folder,
    env: {
      ...process.env,
      ...{ NODE: process.execPath, NEL, WORKING_DIR: path.join(ROOT, 'deploy'), RAY_FILES: temporaryFolder('deploy') },
      PATH: `${ray.folder}:${process.env['PATH']}`,
      ...{ RAY_ADDRESS: 'http://127.0.0.1:28265', RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN: 'for-this-test-only-0123456789abcdef0123456789' },
      ...env,
    },
  });
}

/** On a busy machine Ray's parts do not always find each other in the 30 seconds that it gives them. */
const PATIENT = { timeout: 240_000, retry: 1 };

describe.skipIf(ray.folder === null || !namespaces)(`a job on a real Ray cluster${hint}`, () => {
  it('starts a shard again that failed or was killed with its task, and merges four shards to what one run gives', PATIENT, async () => {
    const out = path.join(folder, 'merged');
    const settings = ['--bench', 'practice_facts', '--shards', '4', '--repeats', '2', ...MODEL, '--output-dir', out, '--', '--seed', '1'];
    const job = await submit(settings, {
      NEL_COMMAND: `python3 ${path.join(FAKES, 'nel.py')}`,
      NEL_FAKE_REAL: `${process.execPath} ${NEL}`,
      NEL_FAKE_EXITS: '{"1": ["killed", 0], "2": [4, 0]}',
    });
    expect(job.code, job.output).toBe(0);
    expect([0, 1, 2, 3].map((shard) => calls(out, `shard_${shard}`).length)).toEqual([1, 2, 2, 1]);
    expect(existsSync(path.join(out, 'ended-shard_1'))).toBe(true);

    const whole = path.join(folder, 'whole');
    const endpoint = await startPracticeEndpoint();
    const args = ['eval', 'run', '--bench', 'practice_facts', '--repeats', '2', '--seed', '1', '--model-id', 'practice-large'];
    const single = await run(process.execPath, [NEL, ...args, '--model-url', endpoint.url, '-o', whole]);
    await endpoint.close();
    expect(single.code, single.output).toBe(0);
    const results = (dir: string) => readLines(path.join(dir, 'practice_facts/results.jsonl')).map(timeless);
    expect(results(out)).toHaveLength(120);
    expect(results(out)).toEqual(results(whole));
    const [merged, unsharded] = await Promise.all([bundle(out), bundle(whole)]);
    expect(merged.benchmark).toEqual(unsharded.benchmark);
    expect(merged.coverage).toEqual(unsharded.coverage);
  });
});

async function bundle(dir: string): Promise<BundleFile> {
  const { output } = await run('sh', ['-c', 'ls practice_facts/eval-*.json'], { cwd: dir });
  return JSON.parse(readFileSync(path.join(dir, output.trim()), 'utf8')) as BundleFile;
}
