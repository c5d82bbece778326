/** run.json: written whole, read back, refused when it is something else. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRunFile, runFilePath, writeRunFile } from '../../../src/artifacts/run-file.js';
import { runFile } from '../records.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), 'nel-run-file-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('reads back what was written, and leaves nothing beside it', async () => {
  await writeRunFile(path.join(dir, 'new'), runFile(dir));
  await writeRunFile(path.join(dir, 'new'), runFile(dir, { generation: 1 }));
  expect(await readRunFile(path.join(dir, 'new'))).toEqual(runFile(dir, { generation: 1 }));
  expect(readdirSync(path.join(dir, 'new'))).toEqual(['run.json']);
});

it('is undefined where no run was started', async () => {
  expect(await readRunFile(dir)).toBeUndefined();
  expect(await readRunFile(path.join(dir, 'absent'))).toBeUndefined();
});

it.each([
  ['not JSON', '{"schema_version": 1,'],
  ['another version', JSON.stringify({ ...runFile('x'), schema_version: 2 })],
  ['another tool’s object', '{"name": "x"}'],
  ['a list', '[]'],
])('refuses %s, naming the file', async (_, text) => {
  writeFileSync(runFilePath(dir), text);
  await expect(readRunFile(dir)).rejects.toMatchObject({
    name: 'NelError',
    kind: 'data',
    message: expect.stringContaining(runFilePath(dir)),
  });
});
