/** deploy/ray_eval.py and ray_launcher.py: their decisions with a stand-in for Ray, then as a job of a real Ray cluster of one node. */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startPracticeEndpoint } from '../../../src/practice/endpoint.js';
import { type BundleFile, readLines, timeless } from '../runs/lab.js';
import { NEL, RAY, type Ran, ROOT, run, temporaryFolder, tools } from './files.js';

const FAKES = path.join(import.meta.dirname, 'fake_ray');
const MODEL = ['--model-url', 'http://127.0.0.1:8899/v1', '--model-id', 'practice-large'];

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** Python leaves its compiled files out of the project. */
const pythonEnv = { ...process.env, PYTHONPYCACHEPREFIX: path.join(folder, 'pycache') };

const python = (await run('python3', ['--version'])).code === 0;

function launch(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return run('python3', [path.join(ROOT, 'deploy/ray_launcher.py'), ...args], {
    cwd: folder,
    env: { ...pythonEnv, PYTHONPATH: FAKES, NEL_COMMAND: `python3 ${path.join(FAKES, 'nel.py')}`, ...env },
  });
}

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

  it('ends with the exit code of a merge that was refused', async () => {
    const { code, output } = await launch(['--bench', 'gsm8k', '--shards', '1', ...MODEL, '--output-dir', 'unmerged'], {
      NEL_FAKE_EXITS: '{"merge": [3]}',
    });
    expect(code, output).toBe(3);
  });

  it.each([
    [['--bench', 'gsm8k', ...MODEL, '--shards', '0'], '--shards has to be 1 or more'],
    [['--bench', 'gsm8k'], '--model-url'],
    [['--bench', 'gsm8k', ...MODEL, '--api-key', 'x'], 'unrecognized arguments'],
  ])('refuses %j', async (args, words) => {
    const { code, output } = await launch(args);
    expect(code).toBe(3);
    expect(output).toContain(words);
  });
});

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
      ...{ NODE: process.execPath, NEL, WORKING_DIR: path.join(ROOT, 'deploy'), RAY_FILES: temporaryFolder() },
      PATH: `${ray.folder}:${process.env['PATH']}`,
      ...{ RAY_ADDRESS: 'http://127.0.0.1:28265', RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN: 'for-this-test-only-0123456789abcdef0123456789' },
      ...env,
    },
  });
}

/** On a busy machine Ray's parts do not always find each other in the 30 seconds that it gives them. */
const PATIENT = { timeout: 240_000, retry: 1 };

describe.skipIf(ray.folder === null || !namespaces)(`a job on a real Ray cluster${hint}`, () => {
  it('starts a shard that failed again, and merges four shards to what one run gives', PATIENT, async () => {
    const out = path.join(folder, 'merged');
    const settings = ['--bench', 'practice_facts', '--shards', '4', '--repeats', '2', ...MODEL, '--output-dir', out, '--', '--seed', '1'];
    const job = await submit(settings, {
      NEL_COMMAND: `python3 ${path.join(FAKES, 'nel.py')}`,
      NEL_FAKE_REAL: `${process.execPath} ${NEL}`,
      NEL_FAKE_EXITS: '{"2": [4, 0]}',
    });
    expect(job.code, job.output).toBe(0);
    expect([0, 1, 2, 3].map((shard) => calls(out, `shard_${shard}`).length)).toEqual([1, 1, 2, 1]);

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
