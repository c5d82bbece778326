/** Cells as pandas reads them and Python writes them: checked against pandas 3.1. */

import { describe, expect, it } from 'vitest';
import { ColumnFormReader, cellText, isMissingCell } from '../../../../src/core/vlm/pandas-cells.js';

function column(cells: readonly string[]): (string | undefined)[] {
  const reader = new ColumnFormReader();
  for (const cell of cells) reader.add(cell);
  return cells.map((cell) => cellText(cell, reader.form()));
}

describe('a column', () => {
  it.each([
    [
      ['007', '+4', '-0', ' 7'],
      ['7', '4', '0', '7'],
    ],
    [
      ['1', '', '-0'],
      ['1.0', undefined, '0.0'],
    ],
    [
      ['1', '2.50', '-0', 'inf', '1e20'],
      ['1.0', '2.5', '-0.0', 'inf', '1e+20'],
    ],
    [
      ['007', 'x', 'None'],
      ['007', 'x', undefined],
    ],
    [
      ['TRUE', 'false', 'NA'],
      ['True', 'False', undefined],
    ],
    [
      ['true', '1'],
      ['true', '1'],
    ],
    [
      ['', 'nan'],
      [undefined, undefined],
    ],
    [['1234567890123456789012'], ['1234567890123456789012']],
  ])('of %j reads %j', (cells, texts) => {
    expect(column(cells)).toEqual(texts);
  });

  it('knows the words for nothing, and no others', () => {
    expect(['None', 'N/A', 'null', '#N/A', ''].every(isMissingCell)).toBe(true);
    expect(['none', 'NONE', '-', 'n.a.'].some(isMissingCell)).toBe(false);
  });

  it('is read in time that grows with its cells', () => {
    const before = performance.now();
    for (const cell of [`${'0'.repeat(1 << 20)}x`, `${'1'.repeat(1 << 20)}x`, `${' '.repeat(1 << 20)}x`]) column([cell]);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
