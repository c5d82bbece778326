/** Scorer case files: which files are some, that ours and the shared ones pass, and that a wrong expectation fails. */

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCases } from '../../../src/cases/main.js';
import { isScorerCaseFile, runScorerCase, runScorerCaseFile } from '../../../src/cases/scorer-cases.js';
import { SCORER_RULES, type ScorerRule } from '../../../src/cases/scorer-rules.js';
import { DATA_DIR } from '../../data-dir.js';
import { temporaryFolder } from '../../temporary-folder.js';

const GOLDEN = path.resolve(import.meta.dirname, '../../golden/scorer-cases');
const SHARED = path.join(DATA_DIR, 'scorers');

const filesIn = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.json')) : []);

describe.each([
  ['our own', GOLDEN],
  ['the shared', SHARED],
])('%s case files', (_whose, dir) => {
  it.skipIf(!existsSync(dir))('are there', () => expect(filesIn(dir).length).toBeGreaterThan(5));

  it.each(filesIn(dir))('%s passes', async (name) => {
    const { passed, failures } = await runScorerCaseFile(path.join(dir, name));
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThan(0);
  });
});

describe('isScorerCaseFile', () => {
  it('goes by the content', () => {
    expect(isScorerCaseFile({ scorer: 'x', cases: [{ input: '', gold: null, expected: 1 }] })).toBe(true);
    expect(isScorerCaseFile({ scorer: 'x', cases: [{ input: '' }] })).toBe(false);
    expect(isScorerCaseFile({ cases: [] })).toBe(false);
    expect(isScorerCaseFile([])).toBe(false);
  });
});

describe('runScorerCaseFile', () => {
  function fileWith(content: unknown): string {
    const file = path.join(temporaryFolder('gate'), 'cases.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  it('fails a case that expects something else, and says what came', async () => {
    const cases = [
      { input: 'Answer: B', gold: null, expected: { extracted: 'B' } },
      { input: 'Answer: B', gold: null, expected: { extracted: 'C' } },
    ];
    expect(await runScorerCaseFile(fileWith({ scorer: 'GPQA', cases }))).toEqual({
      passed: 1,
      failures: [{ id: 'GPQA[1]', message: '"Answer: B" gives {"extracted":"B"}, not {"extracted":"C"}' }],
      notes: [],
    });
  });

  it('reads numbers as their texts, and nothing as no target', async () => {
    const passing = async (scorer: string, cases: unknown[]): Promise<number> =>
      (await runScorerCaseFile(fileWith({ scorer, cases }))).passed;
    expect(await passing('mgsm', [{ input: 'Answer: 42', prefix: null, gold: 42, expected: { parsed: '42', score: true } }])).toBe(1);
    expect(await passing('gsm8k-flexible', [{ input: 'so 20', gold: null, expected: { extracted: '20' } }])).toBe(1);
    expect(await passing('mmlu', [{ input: null, expected: { extracted: null } }])).toBe(1);
    expect(await passing('math-equivalence', [{ input: 5, gold: ['4', '5'], expected: true }])).toBe(1);
  });

  it('takes numbers that have no pass@k for a ValueError of the reference, and for nothing else', async () => {
    const cases = [
      { input: { n: 2, c: 3, k: 1 }, expected: 'ValueError: c must be at most n' },
      { input: { n: 2, c: 3, k: 1 }, expected: 1 },
    ];
    expect((await runScorerCaseFile(fileWith({ scorer: 'pass-at-k', cases }))).passed).toBe(1);
  });

  it('says why mathematical equivalence differs, and fails where the reason is another', async () => {
    const cases = [
      { input: '6 - 5 i', gold: '6-5i', expected: false },
      { input: '0.1+0.2', gold: '\\frac{3}{10}', expected: false },
      { input: '[0,1]\\cap[1,2]', gold: '\\{1\\}', expected: false },
      { input: '1, 2', gold: '1<x<2', expected: true },
      { input: '2', gold: '2', expected: false },
      { input: '[0,1]\\cap[1,2]', gold: '\\{2\\}', expected: true },
    ];
    const { passed, failures, notes } = await runScorerCaseFile(fileWith({ scorer: 'math-equivalence', cases }));
    expect([passed, notes.length, failures.map(({ id }) => id)]).toEqual([4, 4, ['math-equivalence[4]', 'math-equivalence[5]']]);
  });

  it('fails a case with a member that we do not compute', async () => {
    const cases = [{ input: 'Answer: B', gold: null, expected: { extracted: 'B', confidence: 1 } }];
    expect((await runScorerCaseFile(fileWith({ scorer: 'gpqa', cases }))).passed).toBe(0);
  });

  it('fails a case whose input cannot be scored, not the file', async () => {
    const cases = [{ input: [5], gold: null, expected: { extracted: 'B' } }];
    const { failures } = await runScorerCaseFile(fileWith({ scorer: 'gpqa', cases }));
    expect(failures).toEqual([{ id: 'gpqa[0]', message: 'threw expected a text, found [5]' }]);
  });

  it('refuses a scorer that there is not, with the nearest', async () => {
    await expect(runScorerCaseFile(fileWith({ scorer: 'dropp', cases: [] }))).rejects.toThrow(/no scorer "dropp".*drop/);
    await expect(runScorerCaseFile(fileWith('{'))).rejects.toThrow(/cannot read the case file/);
  });

  it.each([
    ['drop', '', 'the', { em: 1, f1: 1 }],
    ['gsm8k-flexible', 'It is 5, I think...', '5', { extracted: '...', exact_match: 0 }],
    ['humaneval-extract-code', '```Python\na\n```', null, '```Python\na\n```'],
    ['mgsm', 'none', '', { parsed: '', score: true }],
    ['triviaqa', '', ['...'], { extracted: '', exact_match: 1 }],
  ])('passes a case of %s in which we differ on purpose, and says why', async (scorer, input, gold, expected) => {
    const { passed, notes } = await runScorerCaseFile(fileWith({ scorer, cases: [{ input, gold, expected }] }));
    expect({ passed, notes }).toEqual({ passed: 1, notes: [{ id: `${scorer}[0]`, message: expect.stringMatching(/on purpose: .{20}/) }] });
  });

  it('takes no difference for meant that is not the reference either', async () => {
    const cases = [{ input: '```Python\na\n```', gold: null, expected: 'b\n' }];
    expect((await runScorerCaseFile(fileWith({ scorer: 'humaneval-extract-code', cases }))).failures).toHaveLength(1);
  });

  it('is told of by the runner, which says why when asked', async () => {
    const file = fileWith({
      scorer: 'humaneval-extract-code',
      cases: [{ input: '```Python\na\n```', gold: null, expected: '```Python\na\n```' }],
    });
    const run = async (verbose: boolean) => {
      const out: string[] = [];
      const err: string[] = [];
      const result = await runCases([file], { out: (line) => out.push(line), err: (line) => err.push(line), verbose });
      return { result, out, err };
    };
    expect(await run(false)).toEqual({
      result: { passed: 1, failed: 0 },
      out: [],
      err: [expect.stringMatching(/^1 passed by a rule.*--verbose/)],
    });
    expect(await run(true)).toEqual({ result: { passed: 1, failed: 0 }, out: [expect.stringMatching(/^NOTE .*on purpose/)], err: [] });
  });
});

describe('runScorerCase', () => {
  const rule = (value: unknown): ScorerRule => ({ run: () => value });
  const passes = (actual: unknown, expected: unknown): boolean => runScorerCase(rule(actual), { input: '', gold: null, expected }).passed;

  it('compares numbers up to rounding, and 0 and 1 with false and true', () => {
    expect(passes(0.1 + 0.2, 0.3)).toBe(true);
    expect(passes(0.31, 0.3)).toBe(false);
    expect(passes({ score: 1 }, { score: true })).toBe(true);
    expect(passes({ score: 0.5 }, { score: true })).toBe(false);
    expect(passes(null, 0)).toBe(false);
    expect(passes(Number.NaN, 0)).toBe(false);
  });
});

describe('SCORER_RULES', () => {
  it('has a rule for each scorer of the shared files', () => {
    expect([...SCORER_RULES.keys()]).toEqual(
      expect.arrayContaining(['drop', 'gpqa', 'ifeval', 'math-boxed', 'mgsm', 'mmlu', 'pass-at-k', 'triviaqa']),
    );
  });
});
