/** Data sets from files and arrays: every format, and what a broken row says. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/adapters/datasets/open.js';
import { NelError } from '../../../src/core/errors.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nel-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
}

const open = (ref: string | readonly Record<string, unknown>[], requiredFields: readonly string[] = []) =>
  openDataset(ref, { name: 'bench', requiredFields, env: {}, baseDir: folder });

async function message(ref: string | readonly Record<string, unknown>[], requiredFields: readonly string[] = []): Promise<string> {
  const thrown: unknown = await open(ref, requiredFields).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(NelError);
  expect((thrown as NelError).kind).toBe('data');
  return (thrown as NelError).message;
}

const ROWS = [
  { q: 'one\u2028line', a: '1' },
  { q: 'two', a: '2' },
];
const JSONL = ROWS.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('openDataset', () => {
  it.each([
    ['lf.jsonl', JSONL],
    ['crlf-and-blank.jsonl', `\ufeff${JSONL.replaceAll('\n', '\r\n\r\n')}`],
    ['unended.ndjson', JSONL.trimEnd()],
    ['packed.jsonl.gz', gzipSync(JSONL)],
    ['array.json', JSON.stringify(ROWS, null, 2)],
    ['wrapped.json', JSON.stringify({ rows: ROWS })],
    ['lines.json', `\n${JSONL}`],
    ['lines.json.gz', gzipSync(JSONL)],
    ['packed.json.gz', gzipSync(JSON.stringify(ROWS))],
    ['excel.csv', '\ufeffq,a\r\n"one\u2028line",1\r\ntwo,2\r\n'],
    ['tabs.tsv', 'q\ta\none\u2028line\t1\n\ntwo\t2\n'],
  ])('reads the same rows from %s', async (name, content) => {
    const source = file(name, content);
    const { rows, info } = await open(name);
    expect(rows).toEqual(ROWS);
    expect(info).toEqual({ source, revision: null, fingerprint: (await open(ROWS)).info.fingerprint, size: 2 });
  });

  it('reads many lines across the borders of what is read at once', async () => {
    const many = Array.from({ length: 30_000 }, (_, i) => ({ i, text: `${'x'.repeat(i % 97)}é` }));
    file('many.jsonl', many.map((row) => JSON.stringify(row)).join('\n'));
    expect((await open('many.jsonl')).rows).toEqual(many);
  });

  it('reads quoted lines and keeps the place of rows after them', async () => {
    const source = file('quoted.csv', 'q,a\n"one\nmore ""x""",1\ntwo,2\n');
    expect((await open('quoted.csv')).rows).toEqual([
      { q: 'one\nmore "x"', a: '1' },
      { q: 'two', a: '2' },
    ]);
    expect(await message('quoted.csv', ['A'])).toBe(`${source}:3: field "A" is missing (did you mean "a"?)`);
  });

  it.each([
    ['lf', '\n'],
    ['crlf', '\r\n'],
    ['cr', '\r'],
  ])('takes quotes in tab-separated lines for characters where all lines have their cells (%s)', async (name, end) => {
    const lines = [
      'q\ta',
      '"Twas the season, he said\t1',
      '',
      '12" pipe\t2',
      '"Yes"\t"say ""no"""',
      '"Hello" said "Tom"\t"',
      '"never closed\t5',
    ];
    const source = file(`quotes-${name}.tsv`, lines.join(end));
    expect((await open(`quotes-${name}.tsv`)).rows).toEqual([
      { q: '"Twas the season, he said', a: '1' },
      { q: '12" pipe', a: '2' },
      { q: 'Yes', a: 'say "no"' },
      { q: '"Hello" said "Tom"', a: '"' },
      { q: '"never closed', a: '5' },
    ]);
    expect(await message(`quotes-${name}.tsv`, ['A'])).toMatch(`${source}:2: `);
    expect((await open(`quotes-${name}.tsv`)).at(1)).toBe(`${source}:4`);
  });

  it('reads tabs and line ends in quoted cells of tab-separated lines', async () => {
    file('multi.tsv', 'q\ta\n"one\nmore\t""x"""\t1\ntwo\t2\n');
    expect((await open('multi.tsv')).rows).toEqual([
      { q: 'one\nmore\t"x"', a: '1' },
      { q: 'two', a: '2' },
    ]);
  });

  it('takes quotes within tab-separated cells for characters where quotes count, too', async () => {
    file('one-column-quotes.tsv', 'q\n12" pipe\nHe said "hi"\n"Hello" she said\n"all of it"\n');
    expect((await open('one-column-quotes.tsv')).rows.map(({ q }) => q)).toEqual([
      '12" pipe',
      'He said "hi"',
      '"Hello" she said',
      'all of it',
    ]);
    file('multi-quotes.tsv', 'q\ta\n"one\nmore"\t1\n12" pipe\t2\n');
    expect((await open('multi-quotes.tsv')).rows).toEqual([
      { q: 'one\nmore', a: '1' },
      { q: '12" pipe', a: '2' },
    ]);
  });

  it('keeps whole numbers that a double would round as texts, as it does those of Parquet', async () => {
    const line =
      '{"target":18446744073709551617,"n":[-9007199254740993,9007199254740991],"s":"\\"18446744073709551617","f":1234567890123456.5}';
    const row = {
      target: '18446744073709551617',
      n: ['-9007199254740993', 9007199254740991],
      s: '"18446744073709551617',
      f: 1234567890123456.5,
    };
    file('long.jsonl', `${line}\n`);
    file('long.json', `[${line}]`);
    expect((await open('long.jsonl')).rows).toEqual([row]);
    expect((await open('long.json')).rows).toEqual([row]);
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['broken.jsonl', '{"q":1}\n{"q":2,}\n', /broken\.jsonl:2:8: not valid JSON: Expected double-quoted property name/],
    ['torn.jsonl', '{"q":1}\n{"q":', /torn\.jsonl:2:6: not valid JSON: Unexpected end/],
    ['list.jsonl', '{"q":1}\n\n[1]\n', /list\.jsonl:3: expected one JSON object a line, found an array/],
    ['null.jsonl', 'null\n', /null\.jsonl:1: expected one JSON object a line, found null/],
    ['latin.jsonl', Buffer.from('{"q":1}\n{"q":"\xe9"}\n', 'latin1'), /latin\.jsonl:2: not valid UTF-8/],
    ['broken.json', '[\n  {"q": 1},\n  oops\n]', /broken\.json:3:3: not valid JSON/],
    ['torn-lines.json', '{"q":1}\n{"q":2\n', /torn-lines\.json:2:7: not valid JSON/],
    ['pretty.json', '{\n  "rows": [,]\n}', /pretty\.json:2:12: not valid JSON/],
    ['open.csv', 'q,a\nx,1\n\n"open,2\nz,3\n', /open\.csv:4: Quote Not Closed/],
    ['stray.csv', 'q,a\n12" pipe,1\n', /stray\.csv:2: Invalid Opening Quote/],
    ['torn.tsv', 'q\ta\n12" pipe\t1\nx\ny "z\t2\n', /torn\.tsv:3: the row has 1 cell, where the file has 2 columns/],
    [
      'open.tsv',
      'q\ta\nx\t1\n"Twas night\t2\nthe house\n',
      /open\.tsv:3: Quote Not Closed.*\(quotes count in this file, since line 4 has 1 cell, not 2\)/,
    ],
    ['one-column.tsv', 'q\n"open\nx\n', /one-column\.tsv:2: Quote Not Closed/],
    ['object.json', '{"q": 1}', /object\.json: expected an array of objects/],
    ['items.json', '[{"q": 1}, 7]', /items\.json: item 1 is a number, not an object/],
    ['ragged.csv', 'q,a\n1,2\n1,2,3\n', /ragged\.csv:3: the row has 3 cells, where the file has 2 columns/],
    ['cut.jsonl.gz', gzipSync(JSONL.repeat(100)).subarray(0, 60), /cut\.jsonl\.gz: the compressed file cannot be read/],
    ['plain.jsonl.gz', JSONL, /plain\.jsonl\.gz: the compressed file cannot be read/],
    ['no.parquet', 'PAR1 this is none PAR1', /no\.parquet: the Parquet file cannot be read/],
    ['data.xlsx', 'x', /data\.xlsx: the data set's format is not known/],
    ['empty.jsonl', '\n', /bench: the data set .*empty\.jsonl has no rows/],
  ])('names the place and the problem of %s', async (name, content, expected) => {
    file(name, content);
    expect(await message(name)).toMatch(expected);
  });

  it('names line and nearest field for a row without a required one, or with null', async () => {
    const source = file('fields.jsonl', '{"question":"x","n":0}\n{"qestion":"y","n":1}\n');
    expect(await message('fields.jsonl', ['question', 'n'])).toBe(`${source}:2: field "question" is missing (did you mean "qestion"?)`);
    expect(await message([{ q: '' }, { q: null }], ['q'])).toBe('row 1 of the inline data set of bench: field "q" is null');
  });

  it('names the absolute path of a file that is not there', async () => {
    expect(await message('absent.csv')).toBe(`bench: no data file ${path.join(folder, 'absent.csv')}`);
  });

  it('makes plain JSON of the values in an array, and refuses what is no row', async () => {
    const rows = [
      {
        big: 5n,
        huge: 2n ** 60n,
        when: new Date(0),
        bytes: new Uint8Array([1, 2]),
        nan: Number.NaN,
        none: undefined,
        list: [undefined, 1n],
      },
    ];
    expect((await open(rows)).rows).toEqual([
      { big: 5, huge: '1152921504606846976', when: '1970-01-01T00:00:00.000Z', bytes: 'AQI=', nan: null, list: [null, 1] },
    ]);
    expect(await message(['x'] as never)).toBe('row 0 of the inline data set of bench is not an object');
  });
});
