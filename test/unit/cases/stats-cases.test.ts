/** The runner of statistics cases: what counts as agreement, and what never does. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compareStatsResult, isStatsCaseFile, runStatsCaseFile, type StatsCase } from '../../../src/cases/stats-cases.js';

const base: StatsCase = { id: 'x-1', fn: 'f', input: {}, expected: 1, tol_rel: 1e-12, tol_abs: 1e-13 };
const compare = (expected: unknown, result: unknown) => compareStatsResult({ ...base, expected }, result);

async function caseFile(content: string): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'nel-cases-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = path.join(dir, 'any-name.json');
  await writeFile(file, content);
  return file;
}

describe('agreement of a result with a case', () => {
  it('is within the tolerance, absolute plus relative', () => {
    expect(compare(2, 2 + 2e-12)).toBeNull();
    expect(compare(2, 2 + 3e-12)).toBe('f is 2.000000000003, expected 2');
    expect(compare(0, 1e-13)).toBeNull();
  });

  it('is null for null only', () => {
    expect(compare(null, null)).toBeNull();
    expect(compare(null, 0)).toBe('f is 0, expected null');
    expect(compare(0, null)).toBe('f is null, expected 0');
  });

  it('is never NaN, an infinity or −0, also where no case looks', () => {
    expect(compare(0, -0)).toBe('f is -0');
    expect(compare(null, Number.NaN)).toBe('f is NaN');
    expect(compare({ a: 1 }, { a: 1, b: [2, Number.POSITIVE_INFINITY] })).toBe('f.b[1] is Infinity');
  });

  it('takes arrays element by element and of equal length', () => {
    expect(compare([1, 2], [1, 2])).toBeNull();
    expect(compare([1, 2], [1, 3])).toBe('f[1] is 3, expected 2');
    expect(compare([1, 2], [1])).toBe('f has 1 elements, expected 2');
    expect(compare([1, 2], null)).toBe('f is null, expected [1,2]');
  });

  it('lets a function leave out fields, but not all of them', () => {
    expect(compare({ a: 1, b: 2 }, { a: 1, c: 9 })).toBeNull();
    expect(compare({ a: 1, b: 2 }, { a: 1, b: 3 })).toBe('f.b is 3, expected 2');
    expect(compare({ a: 1, b: 2 }, { c: 9 })).toBe('f returns none of the expected fields (a, b)');
    expect(compare({ a_WRONG: 1 }, { a: 2 })).toBe('f returns none of the expected fields (a_WRONG)');
  });

  it('fails where a known mistake comes out', () => {
    expect(compare({ n: 3, delta_WRONG: 0.5 }, { n: 3, delta: 0.5 })).toBe('f.delta is 0.5, which is the known mistake delta_WRONG');
    expect(compare({ n: 3, micro_delta_WRONG: 0.5 }, { n: 3, delta: 0.5 })).toMatch(/known mistake micro_delta_WRONG$/);
    expect(compare({ n: 3, delta_WRONG: 0.5 }, { n: 3, delta: 0.4 })).toBeNull();
  });

  it('accepts a right value that the mistake happens to share', () => {
    expect(compare({ delta: 0.5, micro_delta_WRONG: 0.5 }, { delta: 0.5 })).toBeNull();
  });
});

describe('a statistics case file', () => {
  const good = { topic: 't', cases: [{ id: 't-1', fn: 'passAtK', input: { n: 2, c: 1, k: 1 }, expected: 0.5, tol_rel: 0, tol_abs: 0 }] };

  it('is known by its content', () => {
    expect(isStatsCaseFile(good)).toBe(true);
    for (const other of [null, [], {}, { topic: 't' }, { cases: [] }, { topic: 't', cases: [{ id: 'x' }] }])
      expect(isStatsCaseFile(other)).toBe(false);
  });

  it('is run case by case: failures have the id and say what differs', async () => {
    const cases = [
      ...good.cases,
      { ...good.cases[0], id: 't-2', expected: 0.6 },
      { ...good.cases[0], id: 't-3', fn: 'noSuch' },
      { ...good.cases[0], id: 't-4', input: { n: 2, c: 3, k: 1 } },
      { ...good.cases[0], id: 't-5', fn: 'toString' },
    ];
    expect(await runStatsCaseFile(await caseFile(JSON.stringify({ topic: 't', cases })))).toEqual({
      passed: 1,
      failures: [
        { id: 't-2', message: 'passAtK is 0.5, expected 0.6' },
        { id: 't-3', message: 'no statistics function noSuch' },
        { id: 't-4', message: 'passAtK threw c must be a whole number from 0 to 2, not 3' },
        { id: 't-5', message: 'no statistics function toString' },
      ],
    });
  });

  it('is refused, with its name, where it is none', async () => {
    await expect(runStatsCaseFile(await caseFile('{'))).rejects.toThrow(/any-name\.json: cannot read the case file/);
    await expect(runStatsCaseFile(await caseFile('{}'))).rejects.toThrow(/any-name\.json: not a statistics case file/);
  });
});
