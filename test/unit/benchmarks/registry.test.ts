/** Finding benchmarks by name and by file, also a file far from any node_modules. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtinBenchmarks, loadBenchmark } from '../../../src/benchmarks/registry.js';
import { NelError } from '../../../src/core/errors.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'nel-byob-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const target = path.join(folder, name);
  writeFileSync(target, text);
  return target;
}

const failure = async (ref: string, cwd = folder): Promise<NelError> => {
  const error: unknown = await loadBenchmark(ref, cwd).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(NelError);
  return error as NelError;
};

const BODY = `{ name: 'b', dataset: './rows.jsonl', prompt: '{q}', targetField: 'a', scorer: answerLine() }`;

describe('loadBenchmark', () => {
  it('finds the built-in benchmarks by name, with hyphens as well', async () => {
    expect(await loadBenchmark('gsm8k', folder)).toEqual({
      benchmark: builtinBenchmarks.find(({ name }) => name === 'gsm8k'),
      sourceHash: null,
    });
    expect((await loadBenchmark('MMLU-Pro', folder)).benchmark.name).toBe('mmlu_pro');
  });

  it('knows the practice benchmarks by name', async () => {
    expect((await loadBenchmark('practice_facts', folder)).benchmark.name).toBe('practice_facts');
  });

  it('suggests the nearest name and lists all', async () => {
    const error = await failure('gsm8');
    expect(error.kind).toBe('usage');
    expect(error.message).toBe('unknown benchmark "gsm8" (did you mean "gsm8k"?)');
    expect(error.hint).toMatch(/Known: aime_2025, drop, gpqa, gsm8k, /);
  });

  it.each(['.ts', '.mjs', '.js'])('loads a %s file that imports from nel, with its data path made absolute', async (extension) => {
    const typed = extension === '.ts' ? 'const n: number = 1; n;' : '';
    file(
      `good${extension}`,
      `import { answerLine, defineBenchmark } from 'nel';\n${typed}\nexport const other = 1;\nexport const b = defineBenchmark(${BODY});`,
    );
    const { benchmark, sourceHash } = await loadBenchmark(`./good${extension}`, folder);
    expect(benchmark.name).toBe('b');
    expect(benchmark.dataset).toBe(path.join(folder, 'rows.jsonl'));
    expect(sourceHash).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('prefers the default export', async () => {
    file(
      'two.ts',
      `import { answerLine, defineBenchmark } from 'nel';\nexport const a = defineBenchmark(${BODY});\nexport default defineBenchmark({ ...${BODY}, name: 'chosen' });`,
    );
    expect((await loadBenchmark('./two.ts', folder)).benchmark.name).toBe('chosen');
  });

  it('hashes the file together with what it imports by path', async () => {
    file(
      'main.ts',
      `import { answerLine, defineBenchmark } from 'nel';\nimport { hint } from './part.js';\nexport const b = defineBenchmark({ ...${BODY}, systemPrompt: hint });`,
    );
    file('part.ts', `export const hint: string = 'one';`);
    const before = await loadBenchmark('./main.ts', folder);
    file('part.ts', `export const hint: string = 'two';`);
    const after = await loadBenchmark('./main.ts', folder);
    expect([before.benchmark.systemPrompt, after.benchmark.systemPrompt]).toEqual(['one', 'two']);
    expect(after.sourceHash).not.toBe(before.sourceHash);
  });

  it('says which file is missing, exports nothing, or does not load', async () => {
    expect((await failure('./nothere.ts')).message).toBe(`no benchmark file ${path.join(folder, 'nothere.ts')}`);
    const empty = file('empty.ts', 'export const x = 1;');
    expect((await failure('./empty.ts')).message).toBe(`${empty}: the file exports no benchmark`);
    const broken = file('broken.ts', 'export const x = = 1;');
    expect((await failure('./broken.ts')).message).toMatch(`${broken}: the benchmark file does not load: `);
    const thrower = file('thrower.ts', `throw new Error('not today')`);
    expect((await failure('./thrower.ts')).message).toBe(`${thrower}: the benchmark file does not load: not today`);
  });

  it('keeps the advice of a bad definition and adds the file', async () => {
    const bad = file(
      'bad.ts',
      `import { answerLine, defineBenchmark } from 'nel';\nexport const b = defineBenchmark({ ...${BODY}, name: 'a b' });`,
    );
    const error = await failure('./bad.ts');
    expect(error.message).toBe(`${bad}: benchmark name "a b" is not usable`);
    expect(error.hint).toMatch(/A name has letters/);
  });

  it('loads the examples', async () => {
    expect((await loadBenchmark('examples/benchmarks/01_capitals.ts', ROOT)).benchmark.name).toBe('capitals');
    expect((await loadBenchmark('examples/benchmarks/02_support_tickets.ts', ROOT)).benchmark.name).toBe('support_tickets');
  });
});
