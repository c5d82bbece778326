/** The streaming reader of JSON Lines. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJsonLines } from '../../../src/artifacts/jsonl.js';
import { NelError } from '../../../src/core/errors.js';
import { temporaryFolder } from '../../temporary-folder.js';

function file(content: string | Buffer): string {
  const name = path.join(temporaryFolder('gate'), 'lines.jsonl');
  writeFileSync(name, content);
  return name;
}

async function read(name: string): Promise<{ values: unknown[]; lines: number[] }> {
  const values: unknown[] = [];
  const lines: number[] = [];
  await readJsonLines(name, (value, line) => {
    values.push(value);
    lines.push(line);
  });
  return { values, lines };
}

describe('readJsonLines', () => {
  it('reads lines with and without a newline at the end', async () => {
    expect((await read(file('{"a":1}\n{"a":2}\n'))).values).toEqual([{ a: 1 }, { a: 2 }]);
    expect((await read(file('{"a":1}\n{"a":2}'))).values).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('reads nothing from an empty file', async () => {
    expect((await read(file(''))).values).toEqual([]);
  });

  it('splits at \\n only: U+2028 and U+0085 inside a text stay', async () => {
    const text = 'one\u2028two\u2029three\u0085four';
    expect((await read(file(`{"a":"${text}"}\n{"a":2}\n`))).values).toEqual([{ a: text }, { a: 2 }]);
  });

  it('takes Windows line ends, blank lines and a byte order mark, and counts lines as editors do', async () => {
    expect(await read(file('\ufeff{"a":1}\r\n\r\n\n{"a":2}\r\n'))).toEqual({ values: [{ a: 1 }, { a: 2 }], lines: [1, 4] });
  });

  it('reads lines that cross chunks, and characters that do', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => 'ü€𝄞'.repeat(9000 + i));
    const { values } = await read(file(texts.map((a) => `${JSON.stringify({ a })}\n`).join('')));
    expect(values).toEqual(texts.map((a) => ({ a })));
  });

  it('reads a line longer than several chunks', async () => {
    const a = 'x'.repeat(5_000_000);
    expect((await read(file(`{"a":"${a}"}\n{"a":2}\n`))).values).toEqual([{ a }, { a: 2 }]);
    expect((await read(file(`{"a":1}\n{"a":"${a}"}`))).values).toEqual([{ a: 1 }, { a }]);
  });

  it.each([
    ['a NaN', '{"a":1}\n{"a":NaN}\n', ':2: not JSON: NaN is no JSON number'],
    ['an Infinity', '{"a":-Infinity}\n', ':1: not JSON: -Infinity is no JSON number'],
    ['a torn line', '{"a":1}\n\n{"a":', ':3: not JSON: the line is cut off'],
    ['text', 'hello}\n', ':1: not JSON'],
    ['a list', '[1]\n', ':1: not a JSON object'],
    ['null', 'null\n', ':1: not a JSON object'],
    ['two objects', '{"a":1}{"a":2}\n', ':1: not JSON'],
  ])('names file and line of %s', async (_name, content, message) => {
    const name = file(content);
    const error = await read(name).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NelError);
    expect(error).toMatchObject({ kind: 'data', message: `${name}${message}` });
  });

  it('says which file cannot be read', async () => {
    await expect(read('/nowhere/at/all.jsonl')).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/^\/nowhere\/at\/all\.jsonl: cannot be read/),
    });
  });
});
