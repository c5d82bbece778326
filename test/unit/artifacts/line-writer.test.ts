/** JSON Lines that are there whole or not at all. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LineWriter } from '../../../src/artifacts/line-writer.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), 'nel-lines-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('has no file of the name until it commits, then one with every line in order', async () => {
  const target = path.join(dir, 'deep', 'x.jsonl');
  const writer = await LineWriter.open(target);
  const value = { text: 'x'.repeat(40_000) };
  let waited = 0;
  for (let i = 0; i < 100; i++) {
    const full = writer.write({ i, ...value });
    if (full !== undefined) waited++;
    await full;
  }
  // 4 MB: it wrote on the way, so memory does not grow with the file.
  expect(waited).toBeGreaterThanOrEqual(3);
  expect(existsSync(target)).toBe(false);
  await writer.commit();
  const lines = readFileSync(target, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => (JSON.parse(line) as { i: number }).i)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(readdirSync(path.dirname(target))).toEqual(['x.jsonl']);
});

it('leaves what was there before, and no trace of its own, when it is discarded', async () => {
  const target = path.join(dir, 'x.jsonl');
  writeFileSync(target, 'old\n');
  const writer = await LineWriter.open(target);
  await writer.write({ new: true });
  await writer.discard();
  expect(readdirSync(dir)).toEqual(['x.jsonl']);
  expect(readFileSync(target, 'utf8')).toBe('old\n');
});

it('makes an empty file of no lines', async () => {
  const target = path.join(dir, 'x.jsonl');
  await (await LineWriter.open(target)).commit();
  expect(readFileSync(target, 'utf8')).toBe('');
});
