/** The case runner: what it picks, counts and says. */

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCases } from '../../../src/cases/main.js';
import { DATA_DIR } from '../../data-dir.js';
import { temporaryFolder } from '../../temporary-folder.js';

async function run(...roots: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const result = await runCases(roots, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { result, out, err };
}

const STATS = { topic: 't', cases: [{ id: 'a', fn: 'normalCdf', input: { z: 0 }, expected: 0.5, tol_rel: 0, tol_abs: 0 }] };

describe('runCases', () => {
  it('runs statistics files wherever they are, and counts each case', async () => {
    const dir = temporaryFolder('gate');
    mkdirSync(path.join(dir, 'deep'));
    const wrong = { ...STATS.cases[0], id: 'b', expected: 0.6 };
    writeFileSync(path.join(dir, 'deep', 'x.json'), JSON.stringify({ ...STATS, cases: [...STATS.cases, wrong] }));
    const { result, out } = await run(dir);
    expect(result).toEqual({ passed: 1, failed: 1 });
    expect(out).toEqual([expect.stringMatching(/^FAILED .*x\.json b: /)]);
  });

  it('names what is no case and does not count it', async () => {
    const dir = temporaryFolder('gate');
    writeFileSync(path.join(dir, 'broken.json'), '{');
    writeFileSync(path.join(dir, 'other.json'), '{"a": 1}');
    writeFileSync(path.join(dir, 'notes.md'), '');
    const { result, err } = await run(dir, path.join(dir, 'nowhere'));
    expect(result).toEqual({ passed: 0, failed: 0 });
    expect(err).toEqual([
      expect.stringMatching(/broken\.json: not JSON, not counted/),
      expect.stringMatching(/other\.json: no case file of a known kind, not counted/),
      expect.stringMatching(/nowhere: cannot be read/),
    ]);
  });

  const gateDir = path.join(DATA_DIR, 'gate', '04-nogo-critical-breach');
  it.skipIf(!existsSync(gateDir))('runs gate folders, and fails one whose expectation is wrong', async () => {
    const dir = temporaryFolder('gate');
    cpSync(gateDir, path.join(dir, 'right'), { recursive: true });
    cpSync(gateDir, path.join(dir, 'wrong'), { recursive: true, mode: 0 });
    const file = path.join(dir, 'wrong', 'expected.json');
    const expected = JSON.parse(readFileSync(file, 'utf8')) as { expected: Record<string, unknown> };
    const changed = JSON.stringify({ ...expected, expected: { ...expected.expected, verdict: 'GO', exit_code: 0 } });
    writeFileSync(path.join(dir, 'changed.json'), changed);
    cpSync(path.join(dir, 'changed.json'), file, { force: true });
    const { result, out, err } = await run(path.join(dir, 'right'), path.join(dir, 'wrong'));
    expect(result).toEqual({ passed: 1, failed: 1 });
    expect(out).toEqual([expect.stringMatching(/wrong: verdict NO-GO, not GO; exit code 1, not 0$/)]);
    expect(err).toEqual([]);
  });
});
