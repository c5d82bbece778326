/** The demo as a person runs it: the built command, real processes, the embedded server. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli/main.js');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nel-demo-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the demo evaluates two models, compares them, refuses the worse one and says where everything is', { timeout: 120_000 }, async () => {
  const env = { ...process.env, NEMO_API_KEY: 'sk-of-another-endpoint', NEMO_MODEL_URL: 'http://127.0.0.1:1/v1' };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [CLI, 'demo', '-o', 'out'], { cwd: folder, env });
  const said = stdout.split('\n');

  expect(said.filter((line) => line.startsWith('== ')).map((line) => line.replace(/\d+ s$/, 'N s'))).toEqual([
    '== 1. Evaluate the baseline, practice-large',
    '== 2. Evaluate the candidate, practice-small',
    '== 3. What changed?',
    '== 4. May the candidate be released?',
    '== Done in N s',
  ]);
  expect(said).toContain("The gate's exit code is 1 (NO-GO): CI stops here on anything but 0.");
  expect(stdout).toMatch(/^Temporal {2}http:\/\/127\.0\.0\.1:\d+$/m);
  expect(stderr).toContain('watch it at http://127.0.0.1:');

  const results = readFileSync(path.join(folder, 'out/small/practice_facts/results.jsonl'), 'utf8').trimEnd().split('\n');
  expect(results).toHaveLength(240);
  for (const file of ['large/run.json', 'small/run.json', 'regression.json', 'gate.md', 'policy.yaml']) {
    expect(existsSync(path.join(folder, 'out', file)), file).toBe(true);
  }
});
