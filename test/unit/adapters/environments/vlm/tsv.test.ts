/** TSV files as pandas reads them: quotes, line ends, short rows, broken files. */

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cell, cellBytes, readTsv } from '../../../../../src/adapters/environments/vlm/tsv.js';
import { places, put } from './samples.js';

async function read(content: string | Buffer, inFile: readonly string[] = []) {
  const { dir } = await places();
  const file = await put(path.join(dir, 'x.tsv'), content);
  const handle = await open(file);
  let names: readonly string[] = [];
  const rows: (readonly Cell[])[] = [];
  const lines: number[] = [];
  try {
    const digests = await readTsv({
      file,
      handle,
      onHeader(header) {
        names = header;
        return new Set(inFile.map((name) => header.indexOf(name)));
      },
      onRow({ cells, line }) {
        rows.push(cells);
        lines.push(line);
      },
    });
    const texts = await Promise.all(
      rows.flatMap((cells) =>
        cells.map(async (cell) => {
          if (typeof cell === 'string') return cell;
          const buffer = Buffer.alloc(cell.length);
          await handle.read(buffer, 0, cell.length, cell.offset);
          return cellBytes(buffer, cell.quoted).toString('utf8');
        }),
      ),
    );
    return { names, rows, lines, digests, texts };
  } finally {
    await handle.close();
  }
}

describe('cells', () => {
  it('are split at tabs, with tabs, line ends and doubled quotes inside quotes', async () => {
    const { rows } = await read('a\tb\n"x\ty"\t"say ""hi""\r\nthere"\n');
    expect(rows).toEqual([['x\ty', 'say "hi"\r\nthere']]);
  });

  it('keep quotes that do not begin them, and what follows a closing quote', async () => {
    expect((await read('a\tb\n5" disk\t"x"y"z"\n')).rows).toEqual([['5" disk', 'xy"z"']]);
  });

  it('end at any of the three line ends; the last line needs none, a byte order mark is no text', async () => {
    const { names, rows } = await read('\ufeffa\tb\r\n1\t2\r3\t4\n5\t');
    expect({ names, rows }).toEqual({
      names: ['a', 'b'],
      rows: [
        ['1', '2'],
        ['3', '4'],
        ['5', ''],
      ],
    });
  });

  it('are none in empty lines and lines of spaces', async () => {
    const { rows, lines } = await read('a\n\n1\n   \n\r\n2\n');
    expect({ rows, lines }).toEqual({ rows: [['1'], ['2']], lines: [3, 6] });
  });

  it('may be missing at the end of a row', async () => {
    expect((await read('a\tb\tc\n1\n')).rows).toEqual([['1']]);
  });

  it('of a column that stays in the file are places, unless they are as short as a reference', async () => {
    const long = 'A'.repeat(65);
    const { rows, texts } = await read(`i\timage\tq\n1\t${long}\tx\n2\t"${'B'.repeat(100)}""\tq"\ty\n3\t${'C'.repeat(64)}\tz\n`, ['image']);
    expect(rows.map((cells) => typeof cells[1])).toEqual(['object', 'object', 'string']);
    expect(texts).toEqual(['1', long, 'x', '2', `${'B'.repeat(100)}"\tq`, 'y', '3', 'C'.repeat(64), 'z']);
  });

  it('are the same wherever the file is cut into chunks', async () => {
    // The reader takes a megabyte at a time: what matters is put around that place.
    const filler = 'x'.repeat((1 << 20) - 12);
    for (const shift of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
      const { rows, texts } = await read(`a\tb\n${filler}${'y'.repeat(shift)}\t"q""é"\r\nend\t1\n`);
      expect(rows).toHaveLength(2);
      expect(texts.slice(1)).toEqual(['q"é', 'end', '1']);
    }
  });

  it('come back as they were written', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\t', '\n', '\r', ' ', 'é', '🐶') });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }), async (rows) => {
        const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
        const result = await read(`a\tb\n${rows.map(([a, b]) => `${quoted(a)}\t${quoted(b)}\n`).join('')}`);
        expect(result.rows).toEqual(rows);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a file', () => {
  it('has the digests of its bytes', async () => {
    const content = 'a\tb\n1\t2\n';
    const digest = (name: string): string => createHash(name).update(content).digest('hex');
    expect((await read(content)).digests).toEqual({ md5: digest('md5'), sha256: digest('sha256'), bytes: content.length });
  });

  it.each([
    ['a quote that is not closed', 'a\n"x\n', /x\.tsv:2: the file ends inside quotes/],
    ['too many cells', 'a\n1\n1\t2\n', /x\.tsv:3: the row has 2 cells, and the first row names 1 columns/],
    ['nothing', '', /the file is empty/],
    ['a text of megabytes', `a\n${'x'.repeat(5 << 20)}\n`, /column "a" is longer than 4 MiB/],
    ['too many columns', 'a\t'.repeat(5000), /more than 4096 cells/],
  ])('with %s is refused with its line', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it('that is not UTF-8 is refused', async () => {
    await expect(read(Buffer.from([97, 10, 0xff, 10]))).rejects.toThrow(/column "a" is not UTF-8/);
  });

  it('of one long line of quoted cells is read in time that grows with its length', async () => {
    const before = performance.now();
    await expect(read(`a\n${'"x"\t'.repeat(600_000)}`)).rejects.toThrow(/more than 4096 cells/);
    await read(`a\n${'"x"\n'.repeat(300_000)}`);
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});
