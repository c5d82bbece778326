/** The last lines of a log. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { lastLines, readEnd } from '../../../src/workers/shard-log.js';

it('are eight at most, without blank ones and what a progress bar has written over', () => {
  const log = Array.from({ length: 20 }, (_, i) => `line ${i}\n\n`).join('');
  expect(lastLines(log).split('\n')).toEqual(Array.from({ length: 8 }, (_, i) => `line ${i + 12}`));
  expect(lastLines('10%\r20%\rdone\r\n')).toBe('10%\n20%\ndone');
  expect(lastLines('')).toBe('');
});

it('are cut where they are long', () => {
  expect(lastLines('x'.repeat(1_000))).toHaveLength(200);
});

it('are read without the half line that the last part of a long log begins with', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'nel-log-'));
  const endOf = (text: string): Promise<string> => {
    const file = path.join(dir, 'log');
    writeFileSync(file, text);
    return readEnd(file);
  };
  const long = 'x'.repeat(20_000);
  try {
    expect(await endOf('a short one')).toBe('a short one');
    expect(await endOf(`${long}\nthe end\n`)).toBe('the end\n');
    expect(await endOf(`${long}\r99%\r100%`)).toBe('99%\r100%');
    expect(await endOf(long)).toBe('');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
