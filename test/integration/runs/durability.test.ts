/** kill -9 of anything at any moment: nothing journaled is paid for again, nothing is lost, results equal those of an undisturbed run. */

import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedEndpoint, spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { journalLines, Lab, type Running, readLines, timeless, until } from './lab.js';

const CONCURRENCY = 32;
const PROBLEMS = 1000;
const lab = new Lab();
let undisturbed: Record<string, unknown>[];

const newEndpoint = (): Promise<SpawnedEndpoint> => spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' }, latencyMs: 60 });

function args(endpoint: SpawnedEndpoint, out: string, ...more: string[]): string[] {
  const model = ['--model-url', endpoint.url, '--model-id', '175b_verification', '--concurrency', String(CONCURRENCY)];
  return ['eval', 'run', '--bench', 'gsm8k', '--max-problems', String(PROBLEMS), ...model, '-o', out, ...more];
}

const resultsOf = (out: string): Record<string, unknown>[] => readLines(path.join(out, 'gsm8k/results.jsonl')).map(timeless);

/** Waits until a run is well under way. */
async function underWay(out: string, run: Running, lines: number): Promise<void> {
  await until(`${lines} journal lines; nel said: ${run.stderr()}`, () => journalLines(path.join(out, 'gsm8k')) >= lines, 60);
}

/** Requests beyond one a problem, and the most that one problem was asked. */
async function repeats(endpoint: SpawnedEndpoint): Promise<{ problems: number; repeated: number; most: number }> {
  const counts = Object.values((await endpoint.stats()).byBody);
  return { problems: counts.length, repeated: counts.reduce((sum, n) => sum + n - 1, 0), most: Math.max(...counts) };
}

beforeAll(async () => {
  const endpoint = await newEndpoint();
  const run = await lab.nel(args(endpoint, lab.path('undisturbed')));
  expect(run).toMatchObject({ code: 0 });
  undisturbed = resultsOf(lab.path('undisturbed'));
  await endpoint.close();
}, 120_000);
afterAll(() => lab.close());

describe('a run whose processes are killed', () => {
  const cases: { what: string; kill: (run: Running) => Promise<void>; resumes: boolean }[] = [
    { what: 'nel itself, with its worker', kill: async ({ child }) => void child.kill('SIGKILL'), resumes: true },
    { what: 'the Temporal server', kill: () => lab.killServer({ supervisor: false }), resumes: false },
    { what: 'the Temporal server and its supervisor', kill: () => lab.killServer({ supervisor: true }), resumes: false },
    {
      what: 'everything at once',
      kill: async ({ child }) => {
        child.kill('SIGKILL');
        await lab.killServer({ supervisor: true });
      },
      resumes: true,
    },
  ];

  it.each(cases)(
    'finishes after a kill -9 of $what, asking again at most what was in flight',
    { timeout: 180_000 },
    async ({ what, kill, resumes }) => {
      const endpoint = await newEndpoint();
      try {
        const out = lab.path(what.replaceAll(' ', '-'));
        const first = lab.start(args(endpoint, out));
        await underWay(out, first, 150);
        await kill(first);
        if (resumes) {
          await first.done;
          const before = journalLines(path.join(out, 'gsm8k'));
          expect(before).toBeLessThan(PROBLEMS);
          expect(await lab.nel(args(endpoint, out, '--resume'))).toMatchObject({ code: 0 });
        } else {
          expect(await first.done).toMatchObject({ code: 0 });
        }
        expect(resultsOf(out)).toEqual(undisturbed);
        const { problems, repeated, most } = await repeats(endpoint);
        expect(problems).toBe(PROBLEMS);
        expect(repeated).toBeLessThanOrEqual(CONCURRENCY);
        expect(most).toBeLessThanOrEqual(2);
      } finally {
        await endpoint.close();
      }
    },
  );

  it('goes on after the third kill in a row', { timeout: 240_000 }, async () => {
    const endpoint = await newEndpoint();
    try {
      const out = lab.path('thrice');
      for (const lines of [100, 350, 600]) {
        const run = lab.start(args(endpoint, out, '--resume'));
        await underWay(out, run, lines);
        run.child.kill('SIGKILL');
        await run.done;
      }
      expect(await lab.nel(args(endpoint, out, '--resume'))).toMatchObject({ code: 0 });
      expect(resultsOf(out)).toEqual(undisturbed);
      expect((await repeats(endpoint)).repeated).toBeLessThanOrEqual(3 * CONCURRENCY);
    } finally {
      await endpoint.close();
    }
  });

  it('keeps to its concurrency over two engine threads, and to the rule after a kill', { timeout: 120_000 }, async () => {
    const endpoint = await newEndpoint();
    try {
      const out = lab.path('two-threads');
      const wide = ['--concurrency', '161'];
      const run = lab.start([...args(endpoint, out), ...wide]);
      await underWay(out, run, 300);
      run.child.kill('SIGKILL');
      await run.done;
      expect(await lab.nel([...args(endpoint, out, '--resume'), ...wide])).toMatchObject({ code: 0 });
      expect(resultsOf(out)).toEqual(undisturbed);
      expect((await endpoint.stats()).maxInFlight).toBeLessThanOrEqual(161);
      expect((await repeats(endpoint)).repeated).toBeLessThanOrEqual(161);
    } finally {
      await endpoint.close();
    }
  });

  it('leaves a resumable run on Ctrl-C, says how to go on, and asks nothing twice', { timeout: 120_000 }, async () => {
    const endpoint = await newEndpoint();
    try {
      const out = lab.path('interrupted');
      const run = lab.start(args(endpoint, out));
      await underWay(out, run, 150);
      run.child.kill('SIGINT');
      const finished = await run.done;
      expect(finished.code).toBe(130);
      expect(finished.stderr).toContain(`nel ${args(endpoint, out).join(' ')} --resume`);
      expect(journalLines(path.join(out, 'gsm8k'))).toBe((await endpoint.stats()).requests);
      expect(await lab.nel(args(endpoint, out, '--resume'))).toMatchObject({ code: 0 });
      expect(resultsOf(out)).toEqual(undisturbed);
      expect(await repeats(endpoint)).toEqual({ problems: PROBLEMS, repeated: 0, most: 1 });
    } finally {
      await endpoint.close();
    }
  });

  it('a frozen nel that wakes up after another took over is refused by the lock, not run twice', { timeout: 120_000 }, async () => {
    const endpoint = await newEndpoint();
    try {
      const out = lab.path('frozen');
      const run = lab.start(args(endpoint, out));
      await underWay(out, run, 100);
      run.child.kill('SIGSTOP');
      const second = await lab.nel(args(endpoint, out, '--resume'));
      expect(second.code).toBe(3);
      expect(second.stderr).toContain(`is in use by process ${run.child.pid}`);
      await new Promise((resolve) => setTimeout(resolve, 7_000));
      run.child.kill('SIGCONT');
      expect(await run.done).toMatchObject({ code: 0 });
      expect(resultsOf(out)).toEqual(undisturbed);
      expect((await repeats(endpoint)).repeated).toBeLessThanOrEqual(CONCURRENCY);
    } finally {
      await endpoint.close();
    }
  });
});

describe('running again into the same directory', () => {
  it('says that a complete run is complete and asks nothing', { timeout: 60_000 }, async () => {
    const endpoint = await newEndpoint();
    try {
      const out = lab.path('complete');
      const small = [...args(endpoint, out), '--max-problems', '20'];
      expect(await lab.nel(small)).toMatchObject({ code: 0 });
      const again = await lab.nel(small);
      expect(again.code).toBe(0);
      expect(again.stderr).toContain('this run is complete');
      expect((await endpoint.stats()).requests).toBe(20);
    } finally {
      await endpoint.close();
    }
  });

  it.each([
    ['another model', ['--model-id', 'other'], 'gsm8k.model: "175b_verification" there, "other" now'],
    ['another setting', ['--temperature', '0.5'], 'gsm8k.generation.temperature: absent there, 0.5 now'],
    ['another prompt', ['--system-prompt', 'Be brief.'], 'gsm8k.system_prompt: null there, "Be brief." now'],
    ['other repeats', ['--repeats', '3'], 'gsm8k.repeats: 1 there, 3 now'],
  ])('refuses %s and says what differs', { timeout: 60_000 }, async (_what, change, difference) => {
    const endpoint = await newEndpoint();
    try {
      const out = lab.path(`refused-${_what.replaceAll(' ', '-')}`);
      const small = [...args(endpoint, out), '--max-problems', '10'];
      expect(await lab.nel(small)).toMatchObject({ code: 0 });
      const refused = await lab.nel([...small, ...change, '--resume']);
      expect(refused.code).toBe(3);
      expect(refused.stderr).toContain(difference);
      expect(refused.stderr).toContain('another output directory');
      expect((await endpoint.stats()).requests).toBe(10);
    } finally {
      await endpoint.close();
    }
  });
});
