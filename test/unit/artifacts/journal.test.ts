/** The journal on disk: an attempt a file, whole lines only, first scored line wins. */

import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { batchFolder, batchRanges, JournalWriter, readBatchJournal } from '../../../src/artifacts/journal.js';
import { errorRecord, sampleRecord } from '../records.js';

const range = { start: 0, end: 4 };
let dir: string;
beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), 'nel-journal-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (attempt: string) => JournalWriter.open(batchFolder(dir, range), attempt, (line) => line);
const file = (attempt: string): string => path.join(batchFolder(dir, range), `${attempt}.jsonl`);

it('names folders so that they sort in sample order', () => {
  expect(batchFolder('out', { start: 200, end: 1400 })).toBe(path.join('out', 'journal', '000000200-000001400'));
});

it('cuts a range into batches, the last one short', () => {
  expect([...batchRanges(0, 5, 2)]).toEqual([
    { start: 0, end: 2 },
    { start: 2, end: 4 },
    { start: 4, end: 5 },
  ]);
  expect([...batchRanges(3, 3, 2)]).toEqual([]);
});

it('has the line in the kernel when append returns, before it is flushed', async () => {
  const writer = await open('a');
  const flushed = writer.append(sampleRecord());
  expect(readFileSync(file('a'), 'utf8')).toBe(`${JSON.stringify(sampleRecord())}\n`);
  await flushed;
  await writer.close();
});

it('reads what was written by several attempts, with line separators and any other text inside an answer', async () => {
  const content = 'one\u2028two\u2029three\nfour\r\n"\u{1F600}"';
  const first = sampleRecord();
  const record = { ...first, model: first.model && { ...first.model, content } };
  const [a, b] = [await open('a'), await open('b')];
  await Promise.all([a.append(record), b.append(errorRecord()), b.append(sampleRecord({ problem_idx: 2 }))]);
  await Promise.all([a.close(), b.close()]);
  expect([...(await readBatchJournal(dir, range, 1))]).toEqual([
    [0, record],
    [2, sampleRecord({ problem_idx: 2 })],
  ]);
});

it('reads attempts in the order of their names: the first scored line wins', async () => {
  for (const [attempt, reward] of [
    ['2', 0],
    ['1', 1],
  ] as const) {
    const writer = await open(attempt);
    await writer.append(sampleRecord({ reward }));
    await writer.close();
  }
  expect((await readBatchJournal(dir, range, 1)).get(0)?.reward).toBe(1);
});

it('drops a torn last line at every length, and keeps the whole ones', async () => {
  const whole = `${JSON.stringify(sampleRecord())}\n`;
  const torn = JSON.stringify(sampleRecord({ problem_idx: 1 }));
  mkdirSync(batchFolder(dir, range), { recursive: true });
  for (let length = 0; length <= torn.length; length += 41) {
    writeFileSync(file('a'), whole + torn.slice(0, length));
    expect([...(await readBatchJournal(dir, range, 1)).keys()]).toEqual([0]);
  }
});

it('names file and line of a whole line that is broken, and ignores files of others', async () => {
  mkdirSync(batchFolder(dir, range), { recursive: true });
  writeFileSync(file('a'), `${JSON.stringify(sampleRecord())}\n`);
  writeFileSync(path.join(batchFolder(dir, range), 'notes.txt'), 'mine');
  expect((await readBatchJournal(dir, range, 1)).size).toBe(1);
  appendFileSync(file('a'), 'x\n');
  await expect(readBatchJournal(dir, range, 1)).rejects.toMatchObject({
    kind: 'data',
    message: expect.stringContaining(`${file('a')}:2: `),
  });
});

it('knows nothing of a batch that was never begun', async () => {
  expect(await readBatchJournal(dir, range, 1)).toEqual(new Map());
});

it('redacts before it writes', async () => {
  const writer = await JournalWriter.open(batchFolder(dir, range), 'a', (line) => line.replaceAll('It is 4', '[redacted]'));
  await writer.append(sampleRecord());
  await writer.close();
  expect(readFileSync(file('a'), 'utf8')).not.toContain('It is 4');
});

it('refuses to open the file of another attempt, and a folder that cannot be made', async () => {
  await (await open('a')).close();
  await expect(open('a')).rejects.toMatchObject({ kind: 'run', message: expect.stringContaining(file('a')) });
  writeFileSync(path.join(dir, 'plain'), '');
  await expect(JournalWriter.open(path.join(dir, 'plain', 'x'), 'a', (line) => line)).rejects.toMatchObject({
    name: 'NelError',
    kind: 'run',
  });
});
