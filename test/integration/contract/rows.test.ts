/** What a broken row of a built-in benchmark's data set says: file, row, field and what to do, before a model is asked. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pathVariants } from '../../../src/adapters/datasets/file.js';
import { openDataset } from '../../../src/adapters/datasets/open.js';
import { builtinBenchmarks } from '../../../src/benchmarks/registry.js';
import type { Benchmark, ParameterValues } from '../../../src/core/benchmark.js';
import { NelError } from '../../../src/core/errors.js';
import { oracleSamples } from '../../../src/workers/validate.js';
import { never, open, SAMPLES } from './samples.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nel-rows-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Cells = Record<string, unknown>;
let count = 0;

/** A data folder in which the benchmark's file holds these rows; JSON Lines, or what else its name says. */
function dataDir(
  { localPath = '', columns }: Pick<Benchmark, 'localPath' | 'columns'>,
  rows: readonly Cells[],
): { dir: string; file: string } {
  const dir = path.join(folder, String(count++));
  const file = path.join(dir, localPath.replace(/\.gz$/, ''));
  mkdirSync(path.dirname(file), { recursive: true });
  const delimiter = file.endsWith('.tsv') ? '\t' : ',';
  const quoted = (value: unknown): string => (delimiter === '\t' ? String(value) : JSON.stringify(String(value)).replaceAll('\\"', '""'));
  const header = columns ?? Object.keys(rows[0] as Cells);
  const separated = [
    ...(columns ? [] : [header.join(delimiter)]),
    ...rows.map((row) => header.map((name) => quoted(row[name])).join(delimiter)),
  ];
  const text = file.endsWith('.jsonl') ? rows.map((row) => JSON.stringify(row)) : separated;
  writeFileSync(file, `${text.join('\n')}\n`);
  return { dir, file };
}

async function sampleRows(benchmark: Benchmark): Promise<Cells[]> {
  const { rows } = await openDataset('none', { ...benchmark, env: { NEL_DATA_DIR: SAMPLES } });
  return rows.map((row) => ({ ...row }));
}

async function failure(name: string, dir: string, params: ParameterValues = {}, checkedProblems = 0): Promise<NelError> {
  const thrown: unknown = await open(name, params, { env: { NEL_DATA_DIR: dir }, checkedProblems }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(NelError);
  return thrown as NelError;
}

function benchmarkOf(name: string): Benchmark {
  return builtinBenchmarks.find((one) => one.name === name) as Benchmark;
}

const withFiles = builtinBenchmarks.filter(({ localPath }) => localPath !== undefined);
const FIELDS = withFiles.flatMap((benchmark) => benchmark.requiredFields.map((field) => [benchmark.name, field, benchmark] as const));

describe('a row without a needed field', () => {
  it.each(FIELDS.filter(([, , { localPath }]) => localPath?.includes('.jsonl')))(
    'of %s, %s, is named with file and line',
    async (name, field, benchmark) => {
      const rows = await sampleRows(benchmark);
      const { [field]: _, ...broken } = rows[1] as Cells;
      const missing = dataDir(benchmark, [rows[0] as Cells, broken]);
      const error = await failure(name, missing.dir);
      expect({ kind: error.kind, message: error.message.split(' (did you mean')[0] }).toEqual({
        kind: 'data',
        message: `${missing.file}:2: field "${field}" is missing`,
      });
      expect(error.hint).toMatch(/^The row has the fields "/);
      const none = dataDir(benchmark, [rows[0] as Cells, rows[1] as Cells, { ...rows[2], [field]: null }]);
      expect((await failure(name, none.dir)).message).toContain(`${none.file}:3: field "${field}" is null`);
    },
  );

  it.each(FIELDS.filter(([, , { localPath }]) => localPath?.endsWith('.csv')))(
    'of %s, %s, is named with file and line',
    async (name, field, benchmark) => {
      const rows = await sampleRows(benchmark);
      const { dir, file } = dataDir(
        benchmark,
        rows.map(({ [field]: _, ...rest }) => rest),
      );
      expect((await failure(name, dir)).message).toContain(`${file}:2: field "${field}" is missing`);
    },
  );

  it('is a line of mgsm without a tab', async () => {
    const dir = path.join(folder, 'mgsm-torn');
    mkdirSync(path.join(dir, 'mgsm'), { recursive: true });
    const file = path.join(dir, 'mgsm/mgsm_en.tsv');
    writeFileSync(file, 'How many?\t1\nHow many, then?\n');
    const error = await failure('mgsm', dir);
    expect(error.kind).toBe('data');
    expect(error.message).toMatch(`${file}:2: `);
  });

  it('does not inherit one from what every object has', async () => {
    const context = { name: 'b', requiredFields: ['constructor'], env: {} };
    await expect(openDataset([{ q: 1 }], context)).rejects.toThrow('field "constructor" is missing');
    const hostile = JSON.parse('{"__proto__": {"constructor": "x"}, "q": 1}') as Cells;
    await expect(openDataset([hostile], context)).rejects.toThrow('field "constructor" is missing');
  });
});

describe('the columns of mgsm', () => {
  it('are question and answer, in a file without a header', async () => {
    const [first] = readFileSync(path.join(SAMPLES, 'mgsm/mgsm_de.tsv'), 'utf8').split('\n');
    const { environment } = await open('mgsm', { language: 'de' });
    const seed = await environment.seed(0, 0, never);
    const [question = '', answer = ''] = (first as string).split('\t');
    expect(environment.dataset.size).toBe(3);
    expect(seed.prompt.endsWith(`\n\n${question}`)).toBe(true);
    expect(seed.expected_answer).toBe(answer);
  });
});

describe('a row whose field holds something else', () => {
  const NOTHING = { number: '', date: { day: '', month: '', year: '' }, spans: [] };
  it.each<[string, Cells, RegExp]>([
    ['gsm8k', { answer: 'It is 5.' }, /field "answer" has no "#### "/],
    ['mmlu', { answer: 7 }, /field "answer" is "7", not an index from 0 to 3/],
    ['mmlu', { choices: 'A, B' }, /field "choices" is not a list of 2 to 26 options/],
    ['mmlu', { choices: [null, undefined] }, /field "choices" is not a list of 2 to 26 options/],
    ['mmlu', { choices: ['a', 'b'], answer: 3 }, /field "answer" is option D of 2/],
    ['mmlu_pro', { options: [] }, /field "options" is not a list of 2 to 26 options/],
    ['mmlu_pro', { options: ['a', 'b'], answer: 'C' }, /field "answer" is option C of 2/],
    ['mmlu_pro', { answer: 'none' }, /field "answer" is "none", not a letter/],
    ['drop', { answer: NOTHING }, /field "answer" has neither number, spans nor date/],
    ['drop', { answer: 'five' }, /field "answer" has neither number, spans nor date/],
    ['triviaqa', { answer: { aliases: [] } }, /field "answer" has neither value nor aliases/],
    ['truthfulqa', { mc1_targets: { choices: ['a', 'b'], labels: [0, 0] } }, /no option with label 1/],
    ['truthfulqa', { mc1_targets: { choices: ['a', 'b'], labels: [1] } }, /no "choices" with a label each/],
    ['aime_2025', { answer: 'about 12' }, /field "answer" is "about 12", not a whole number from 0 to 999/],
  ])('of %s, %j, is named with file, line and number', async (name, change, message) => {
    const benchmark = benchmarkOf(name);
    const rows = await sampleRows(benchmark);
    const { dir, file } = dataDir(benchmark, [rows[0] as Cells, { ...rows[1], ...change }]);
    const error = await failure(name, dir, {}, Number.POSITIVE_INFINITY);
    expect(error.kind).toBe('data');
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${file}:2: ${name}, problem_idx 1: `)).toBe(true);
  });

  it('of ifeval is named with its number', async () => {
    const rows = await sampleRows(benchmarkOf('ifeval'));
    const { dir } = dataDir(benchmarkOf('ifeval'), [rows[0] as Cells, { ...rows[1], kwargs: [] }]);
    const asked = async () => {
      const { environment } = await open('ifeval', {}, { env: { NEL_DATA_DIR: dir }, checkedProblems: Number.POSITIVE_INFINITY });
      return environment.verify(await environment.seed(1, 0, never), 'x', never);
    };
    await expect(asked()).rejects.toThrow(/the field kwargs of an IFEval row must be a list of/);
    await expect(asked()).rejects.toMatchObject({ kind: 'data' });
  });

  it('is no matter where fewer problems are asked', async () => {
    const rows = await sampleRows(benchmarkOf('mmlu'));
    const { dir } = dataDir(benchmarkOf('mmlu'), [rows[0] as Cells, rows[1] as Cells, { ...rows[2], answer: 9 }]);
    const { environment } = await open('mmlu', {}, { env: { NEL_DATA_DIR: dir }, checkedProblems: 2 });
    expect(environment.dataset.size).toBe(3);
    expect((await failure('mmlu', dir, {}, 3)).message).toMatch(/problem_idx 2/);
  });

  it('is named in its own file where it is a few-shot example', async () => {
    const benchmark = benchmarkOf('mmlu');
    const rows = await sampleRows(benchmark);
    const { dir, file } = dataDir(benchmark, [rows[0] as Cells]);
    const examples = path.join(path.dirname(file), 'dev.jsonl');
    writeFileSync(examples, [rows[0], { ...rows[0], answer: 9 }].map((row) => `${JSON.stringify(row)}\n`).join(''));
    const error = await failure('mmlu', dir, { shots: 2 }, 1);
    expect(error.message).toContain(`${examples}:2: mmlu, problem_idx 0: field "answer" is "9", not an index from 0 to 3`);
    await open('mmlu', { shots: 1 }, { env: { NEL_DATA_DIR: dir }, checkedProblems: 1 });
  });

  it('is named itself where an example that is not asked with it is broken alike', async () => {
    const benchmark = benchmarkOf('mmlu');
    const rows = await sampleRows(benchmark);
    const { dir, file } = dataDir(benchmark, [{ ...rows[0], answer: 9 }]);
    const examples = path.join(path.dirname(file), 'dev.jsonl');
    writeFileSync(examples, [rows[0], { ...rows[0], answer: 9 }].map((row) => `${JSON.stringify(row)}\n`).join(''));
    expect((await failure('mmlu', dir, { shots: 1 }, 1)).message).toContain(`${file}:1: mmlu, problem_idx 0: field "answer" is "9"`);
  });

  it('is refused by nel validate, also behind the rows that it shows', async () => {
    const rows = await sampleRows(benchmarkOf('mmlu'));
    const { dir, file } = dataDir(benchmarkOf('mmlu'), [rows[0] as Cells, rows[1] as Cells, { ...rows[2], answer: 9 }]);
    await expect(oracleSamples('mmlu', 1, { NEL_DATA_DIR: dir }).next()).rejects.toThrow(`${file}:3: mmlu, problem_idx 2: field "answer"`);
  });
});

describe('the samples', () => {
  it('are there for every built-in benchmark', () => {
    const absent = withFiles.filter(({ localPath }) =>
      pathVariants(path.join(SAMPLES, localPath as string)).every((file) => {
        try {
          return readFileSync(file).length === 0;
        } catch {
          return true;
        }
      }),
    );
    expect(absent.map(({ name }) => name)).toEqual([]);
  });
});
