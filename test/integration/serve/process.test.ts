/** The process behind `nel serve`: its address in a file while it listens, its end, and whom it lets in. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { missingFor } from '../sandbox/lab.js';
import { type ServeProcess, startServe } from './serve-process.js';

const GOLDEN = path.resolve(import.meta.dirname, '../../golden/datasets');
const noSandbox = await missingFor('bubblewrap');
const dir = mkdtempSync(path.join(tmpdir(), 'nel-serve-'));
const running: ServeProcess[] = [];
afterEach(() => {
  for (const { child } of running.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function serve(args: readonly string[], env?: Record<string, string>): ServeProcess {
  const started = startServe(args, env);
  running.push(started);
  return started;
}

/** A benchmark of the user's own, whose scorer takes 400 ms. */
const slow = path.join(dir, 'slow.mjs');
writeFileSync(
  slow,
  `import { defineBenchmark } from 'nel';
export default defineBenchmark({
  name: 'slow',
  dataset: [{ question: '1 + 1', answer: '2' }, { question: '2 + 2', answer: '4' }],
  prompt: '{question}',
  targetField: 'answer',
  scorer: async ({ response, target }) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    return { reward: response === target ? 1 : 0, extracted: response };
  },
});
`,
);

/** One whose scorer throws once it has given its verdict, or ends the process. */
const late = path.join(dir, 'late.mjs');
writeFileSync(
  late,
  `import { defineBenchmark } from 'nel';
export default defineBenchmark({
  name: 'late',
  dataset: [{ question: '1 + 1', answer: '2' }],
  prompt: '{question}',
  targetField: 'answer',
  scorer: ({ response }) => {
    if (response === 'exit') process.exit(7);
    setTimeout(() => { throw new Error('from a timer'); });
    return { reward: 1, extracted: response };
  },
});
`,
);

const post = async (url: string, body: unknown): Promise<{ status: number; body: unknown }> => {
  const reply = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return { status: reply.status, body: await reply.json() };
};

/** Waits until the server judges an answer. */
async function underWay(address: string): Promise<void> {
  while (((await (await fetch(`${address}/health`)).json()) as { running: number }).running === 0) await delay(5);
}

describe('nel serve', () => {
  it('serves a file of the user, with its address in endpoint.txt from when it listens until it ends', { timeout: 30_000 }, async () => {
    const out = path.join(dir, 'out');
    const { url, child, ended } = serve(['-b', slow, '--port', '0', '-o', out]);
    const address = await url;
    expect(readFileSync(path.join(out, 'endpoint.txt'), 'utf8')).toBe(`${address}\n`);
    expect(await (await fetch(`${address}/health`)).json()).toMatchObject({ status: 'ok', benchmark: 'slow', dataset_size: 2 });
    expect(await (await fetch(`${address}/dataset_size`)).json()).toMatchObject({
      size: 2,
      fingerprint: expect.stringMatching(/^sha256:/) as string,
      definition_hash: expect.stringMatching(/^sha256:/) as string,
    });
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0 });
    expect(existsSync(path.join(out, 'endpoint.txt'))).toBe(false);
  });

  it('answers what is under way after SIGTERM, takes no more, and ends with 0', { timeout: 30_000 }, async () => {
    const { url, child, ended } = serve(['-b', slow, '--port', '0', '--max-concurrent', '2']);
    const address = await url;
    const answers = Array.from({ length: 4 }, () => post(`${address}/verify`, { response: '2', idx: 0 }));
    await underWay(address);
    child.kill('SIGTERM');
    await delay(100);
    await expect(fetch(`${address}/health`)).rejects.toThrow();
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200, body: { reward: 1 } });
    expect(await ended).toMatchObject({ code: 0 });
  });

  it.each(['SIGHUP', 'SIGINT'] as const)('ends in order at %s', { timeout: 30_000 }, async (signal) => {
    const out = path.join(dir, signal);
    const { url, child, ended } = serve(['-b', slow, '--port', '0', '-o', out]);
    const address = await url;
    const answer = post(`${address}/verify`, { response: '2', idx: 0 });
    await underWay(address);
    child.kill(signal);
    expect(await answer).toMatchObject({ status: 200, body: { reward: 1 } });
    expect(await ended).toMatchObject({ code: 0 });
    expect(existsSync(path.join(out, 'endpoint.txt'))).toBe(false);
  });

  it('outlives what a scorer throws when nobody waits for it', { timeout: 30_000 }, async () => {
    const { url, child, ended } = serve(['-b', late, '--port', '0']);
    const address = await url;
    expect(await post(`${address}/verify`, { response: '2', idx: 0 })).toMatchObject({ status: 200 });
    await delay(200);
    expect(await post(`${address}/verify`, { response: '2', idx: 0 })).toMatchObject({ status: 200 });
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, expect.stringMatching(/late error, serving goes on: Error: from a timer/) as string]);
    expect(stderr).not.toContain('a bug in nel');
  });

  it('leaves no address that leads nowhere: not when a scorer ends it, nor an older one when it cannot start', {
    timeout: 30_000,
  }, async () => {
    const out = path.join(dir, 'stale');
    const file = path.join(out, 'endpoint.txt');
    const first = serve(['-b', late, '--port', '0', '-o', out]);
    const address = await first.url;
    await expect(post(`${address}/verify`, { response: 'exit', idx: 0 })).rejects.toThrow();
    expect(await first.ended).toMatchObject({ code: 7 });
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, `${address}\n`);
    expect(await serve(['-b', path.join(dir, 'nowhere.mjs'), '--port', '0', '-o', out]).ended).toMatchObject({ code: 3 });
    expect(existsSync(file)).toBe(false);
  });

  it('leaves the address of a server that runs to it, and says where that is', { timeout: 30_000 }, async () => {
    const out = path.join(dir, 'taken');
    const address = await serve(['-b', slow, '--port', '0', '-o', out]).url;
    const { code, stderr } = await serve(['-b', slow, '--port', '0', '-o', out]).ended;
    expect([code, stderr]).toEqual([3, expect.stringContaining(`leads to a server that is running, ${address}`) as string]);
    expect(readFileSync(path.join(out, 'endpoint.txt'), 'utf8')).toBe(`${address}\n`);
  });

  it('refuses a row that it could not ask, with its file and line, before it listens', { timeout: 30_000 }, async () => {
    const data = path.join(dir, 'data');
    const rows = path.join(data, 'gsm8k/test.jsonl');
    mkdirSync(path.dirname(rows), { recursive: true });
    writeFileSync(rows, '{"question":"1 + 1?","answer":"#### 2"}\n{"question":"2 + 2?","answer":"4"}\n');
    const { code, stderr } = await serve(['-b', 'gsm8k', '--port', '0'], { NEL_DATA_DIR: data }).ended;
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining(`${rows}:2: gsm8k, problem_idx 1: field "answer" has no "#### "`) as string,
    ]);
    await serve(['-b', 'gsm8k', '--port', '0', '--max-problems', '1'], { NEL_DATA_DIR: data }).url;
  });

  it.each([
    [['--slurm', '--export-data', 'rows'], '--export-data'],
    [['--slurm', '--port', '9090'], '--port'],
    [['--slurm', '--host', '0.0.0.0'], '--host'],
    [['--dry-run'], '--dry-run'],
  ])('refuses %j, of which a part would have no effect', { timeout: 30_000 }, async (args, flag) => {
    const { code, stderr } = await serve(['-b', slow, ...args]).ended;
    expect([code, stderr]).toEqual([3, expect.stringContaining(`${flag} `) as string]);
  });

  it('takes a signal that comes twice at once for one', { timeout: 30_000 }, async () => {
    const { url, child, ended } = serve(['-b', slow, '--port', '0']);
    const address = await url;
    const answer = post(`${address}/verify`, { response: '2', idx: 0 });
    await underWay(address);
    child.kill('SIGINT');
    await delay(20);
    child.kill('SIGTERM');
    expect(await answer).toMatchObject({ status: 200, body: { reward: 1 } });
    expect(await ended).toMatchObject({ code: 0 });
  });

  it('exports rows, and serves the first problems only', { timeout: 30_000 }, async () => {
    const { url } = serve([
      '-b',
      slow,
      '--port',
      '0',
      '--export-data',
      path.join(dir, 'rows'),
      '--max-problems',
      '1',
      '--system-prompt',
      'Be brief.',
    ]);
    const address = await url;
    const rows = readFileSync(path.join(dir, 'rows/slow.jsonl'), 'utf8').trimEnd().split('\n');
    expect(rows.map((row) => JSON.parse(row) as unknown)).toMatchObject([
      {
        responses_create_params: {
          input: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: '1 + 1' },
          ],
        },
        uuid: 'slow-0',
      },
    ]);
    expect(await post(`${address}/seed_session`, { idx: 1 })).toMatchObject({ status: 400 });
  });

  it('refuses an address that others reach without a token, unless told --insecure', { timeout: 30_000 }, async () => {
    expect(await serve(['-b', slow, '--port', '0', '--host', '0.0.0.0']).ended).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('--token-env') as string,
    });
    const { url } = serve(['-b', slow, '--port', '0', '--host', '0.0.0.0', '--insecure']);
    expect(await url).toMatch(/^http:\/\/.+:\d+$/);
  });

  it('asks for the token of the variable that it was named', { timeout: 30_000 }, async () => {
    const { url } = serve(['-b', slow, '--port', '0', '--token-env', 'SERVE_TOKEN'], { SERVE_TOKEN: 'abc' });
    const address = await url;
    expect((await fetch(`${address}/dataset_size`)).status).toBe(401);
    expect((await fetch(`${address}/dataset_size`, { headers: { authorization: 'Bearer abc' } })).status).toBe(200);
    expect(await serve(['-b', slow, '--port', '0', '--token-env', 'NOT_SET']).ended).toMatchObject({ code: 3 });
    const named = serve(['-b', slow, '--port', '0', '--token-env', 'HF_TOKEN'], { HF_TOKEN: 'abc' });
    expect((await fetch(`${await named.url}/dataset_size`, { headers: { authorization: 'Bearer abc' } })).status).toBe(200);
    const key = await serve(['-b', slow, '--port', '0', '--token-env', 'sk-0123456789abcdef']).ended;
    expect([key.code, key.stderr]).toEqual([3, expect.not.stringContaining('0123456789') as string]);
  });

  it('says which port it cannot have', { timeout: 30_000 }, async () => {
    const { port } = new URL(await serve(['-b', slow, '--port', '0']).url);
    expect(await serve(['-b', slow, '--port', port]).ended).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`cannot listen on 127.0.0.1, port ${port}`) as string,
    });
  });
});

describe.skipIf(noSandbox !== '')(`answers that are code${noSandbox}`, () => {
  it('are judged in the sandbox, so many at once as was said', { timeout: 60_000 }, async () => {
    const { url } = serve(['-b', 'humaneval', '--port', '0', '--max-concurrent', '2'], { NEL_DATA_DIR: GOLDEN });
    const address = await url;
    const solution = 'def pair_sums(values):\n    return [a + b for a, b in zip(values, values[1:])]';
    const answers = [
      [solution, 1],
      [`import os\nos._exit(0)\n${solution}`, 0],
      [`import time\ntime.sleep(0.5)\n${solution}`, 1],
      [`import urllib.request\nurllib.request.urlopen('${address}/health')\n${solution}`, 0],
      ['a\0b', 0],
    ] as const;
    let most = 0;
    const watch = setInterval(() => {
      void fetch(`${address}/health`)
        .then((reply) => reply.json())
        .then((health) => void (most = Math.max(most, (health as { running: number }).running)));
    }, 20);
    const replies = await Promise.all(
      answers.map(([code]) => post(`${address}/verify`, { idx: 0, response: `\`\`\`python\n${code}\n\`\`\`` })),
    );
    clearInterval(watch);
    expect(replies).toMatchObject(
      answers.map(([, reward]) => ({ status: 200, body: { reward, scoring_details: { sandbox: expect.any(String) as string } } })),
    );
    expect(most).toBe(2);
  });
});
