/** Parquet columns by their types: what the file says arrives, as text, number or base64. */

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/adapters/datasets/open.js';

const FILE = path.resolve(import.meta.dirname, '../../golden/datasets/types.parquet');
const { rows } = await openDataset(FILE, { name: 'types', requiredFields: [], env: {} });
const [first = {}, second = {}] = rows;

/** The bytes that the file was written with: a PNG's first ones, and some that are no UTF-8. */
const image = (n: number): string =>
  Buffer.from([...Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 0, 0, 0, n, 0, 0, 0, n, 8, 6, 0, 0, 0, 0xff, 0xfe, n]).toString(
    'base64',
  );

describe('a Parquet file', () => {
  it('gives images as base64, alone, in structs and in lists of structs', () => {
    expect([first['raw'], first['image'], second['image']]).toEqual([
      image(5),
      { bytes: image(1), path: 'wren.png' },
      { bytes: image(2), path: null },
    ]);
    expect(first['images']).toEqual([
      { bytes: image(3), path: null },
      { bytes: image(4), path: 'b.png' },
    ]);
  });

  it('gives bytes without a mark as text where all of the column is UTF-8, else all of it as base64', () => {
    expect([first['unmarked'], second['unmarked']]).toEqual(['café', 'tea']);
    expect(second['raw']).toBe(Buffer.from('plain').toString('base64'));
  });

  it('gives decimals as numbers where these are exact, else as texts', () => {
    expect([first['share'], second['share'], second['amount']]).toEqual([0.57, -1.1, 0.01]);
    expect([first['amount'], first['wide']]).toEqual(['12345678901234567.89', '1000000000000000000000000000000']);
    expect([first['prices'], first['by_place']]).toEqual([[1.1, null, -0.005], { Bergen: 4.5 }]);
  });

  it('gives dates and times as texts, with all the digits of a second that it has', () => {
    expect([first['day'], second['day']]).toEqual(['2024-01-31', '1899-12-31']);
    expect([first['at'], second['at'], first['at_ms'], first['at_ns']]).toEqual([
      '03:04:05.678901',
      '03:04:05',
      '23:00:05.120',
      '00:00:00.000000001',
    ]);
    expect([first['when'], second['when'], first['when_ns'], first['when_s']]).toEqual([
      '2024-01-02T03:04:05.678901Z',
      '1969-12-31T23:59:59.999999Z',
      '2024-01-02T03:04:05.000000001Z',
      '1969-12-31T23:59:59.000Z',
    ]);
  });

  it('has nulls where there is nothing, and texts as they are', () => {
    expect(rows[2]).toMatchObject({ raw: null, unmarked: null, share: null, day: null, at: null, when: null });
    expect(rows.map(({ question, kind }) => [question, kind])).toEqual([
      ['Which bird is this? é', 'u'],
      ['And this?', 'v'],
      ['None', null],
    ]);
  });
});
