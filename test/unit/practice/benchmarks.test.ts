import { describe, expect, test } from 'vitest';
import type { Benchmark, Row } from '../../../src/core/benchmark.js';
import { solveArithmetic } from '../../../src/practice/arithmetic.js';
import { practiceBenchmarks } from '../../../src/practice/benchmarks.js';
import { type PracticeModel, practiceAnswer } from '../../../src/practice/models.js';
import { solveUnits } from '../../../src/practice/units.js';

const rowsOf = (benchmark: Benchmark) => benchmark.dataset as readonly Row[];
const fill = (benchmark: Benchmark, row: Row) => String(benchmark.prompt).replace(/\{(\w+)\}/g, (_, field: string) => String(row[field]));

async function run(model: PracticeModel, seed: number | null = null) {
  const outcomes: { benchmark: string; reward: number; failure: string | undefined }[] = [];
  for (const benchmark of practiceBenchmarks) {
    for (const row of rowsOf(benchmark)) {
      const response = practiceAnswer(model, fill(benchmark, row), seed).content;
      const { reward, failure } = await benchmark.scorer.score({ response, target: String(row['answer']), row });
      outcomes.push({ benchmark: benchmark.name, reward, failure });
    }
  }
  return outcomes;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('the benchmarks are three, of the stated sizes, without doubled questions', () => {
  expect(practiceBenchmarks.map((benchmark) => [benchmark.name, new Set(rowsOf(benchmark).map((row) => row['question'])).size])).toEqual([
    ['practice_arithmetic', 100],
    ['practice_facts', 60],
    ['practice_units', 84],
  ]);
});

test.each(practiceBenchmarks.map((benchmark) => [benchmark.name, benchmark] as const))(
  'every row of %s has its fields and a category',
  (_name, benchmark) => {
    for (const row of rowsOf(benchmark)) {
      expect(benchmark.requiredFields.filter((field) => typeof row[field] !== 'string' || row[field] === '')).toEqual([]);
      expect(fill(benchmark, row)).not.toMatch(/[{}]|undefined|NaN/);
    }
  },
);

test('numeric answers are whole or short decimals, and the solver finds them in the text', () => {
  for (const benchmark of practiceBenchmarks) {
    for (const row of rowsOf(benchmark)) {
      const question = String(row['question']);
      const solved = solveArithmetic(question) ?? solveUnits(question);
      if (benchmark.name === 'practice_facts') expect(solved, question).toBeNull();
      else expect(String(solved), question).toBe(row['answer']);
      expect(String(row['answer'])).toMatch(/^([A-D]|\d+(\.\d{1,6})?)$/);
    }
  }
});

test('worked by hand: a few problems have the right answer', () => {
  expect(solveArithmetic('Ada has 12 apples and gets 5 more. How many apples does Ada have now?')).toBe(17);
  expect(solveArithmetic('A coat costs 80 coins. In the sale it is 15% cheaper. How many coins does the coat cost in the sale?')).toBe(68);
  expect(solveArithmetic('Ada walks 4, 9 and 5 kilometres on three days. How many kilometres a day is that on average?')).toBe(6);
  expect(solveArithmetic('50 eggs are packed into full boxes of 12. How many eggs are left over?')).toBe(2);
  expect(solveUnits('How many kilometres are 320 metres?')).toBe(0.32);
  expect(solveUnits('How many hours are 1.25 days?')).toBe(30);
  expect(solveUnits('How many hours are 3 metres?')).toBeNull();
});

test('the right letters of the facts are spread over A to D', () => {
  const letters = rowsOf(practiceBenchmarks[1] as Benchmark).map((row) => row['answer']);
  for (const letter of 'ABCD') expect(letters.filter((answer) => answer === letter).length, letter).toBeGreaterThan(7);
});

describe('the practice models', () => {
  test('the large one is right on about 88% and the small one on about 80%, the small one worse on the whole', async () => {
    const [large, small] = [await run('practice-large'), await run('practice-small')];
    expect(large).toHaveLength(244);
    expect(mean(large.map(({ reward }) => reward))).toBeGreaterThan(0.84);
    expect(mean(large.map(({ reward }) => reward))).toBeLessThan(0.92);
    expect(mean(small.map(({ reward }) => reward))).toBeGreaterThan(0.75);
    expect(mean(small.map(({ reward }) => reward))).toBeLessThan(0.84);
  });

  test('the small one is worse on each benchmark', async () => {
    const [large, small] = [await run('practice-large'), await run('practice-small')];
    for (const { name } of practiceBenchmarks) {
      const score = (outcomes: typeof large) => mean(outcomes.filter(({ benchmark }) => benchmark === name).map(({ reward }) => reward));
      expect(score(large), name).toBeGreaterThan(score(small) + 0.05);
    }
  });

  test('each makes format errors, refuses at least once, and mostly errs by a plain wrong answer', async () => {
    for (const model of ['practice-large', 'practice-small'] as const) {
      const outcomes = await run(model);
      const count = (failure: string | undefined) =>
        outcomes.filter((outcome) => outcome.reward === 0 && outcome.failure === failure).length;
      expect(count('format_error'), model).toBeGreaterThanOrEqual(2);
      expect(count('refusal'), model).toBeGreaterThanOrEqual(1);
      expect(count(undefined), model).toBeGreaterThan(count('format_error') + count('refusal'));
      expect(count('empty_response'), model).toBe(0);
    }
  });

  test('the same question and seed get the same answer, another seed errs elsewhere', async () => {
    expect(await run('practice-large', 1)).toEqual(await run('practice-large', 1));
    const [one, two] = [await run('practice-large', 1), await run('practice-large', 2)];
    expect(one.filter((outcome, i) => outcome.reward !== two[i]?.reward).length).toBeGreaterThan(10);
  });

  test('the last question of a prompt counts, as earlier ones are examples', () => {
    const prompt = 'Question: How many metres are 2 kilometres?\nAnswer: 2000\n\nQuestion: How many grams are 3 kilograms?';
    const answers = Array.from({ length: 20 }, (_, seed) => practiceAnswer('practice-large', prompt, seed).content);
    expect(answers.filter((answer) => answer.endsWith('Answer: 3000')).length).toBeGreaterThan(12);
  });

  test('another question gets no answer', () => {
    expect(practiceAnswer('practice-small', 'What is love?', null).content).toContain('not a question that a practice model knows');
  });
});
