/** The example of the TypeScript API and the example policies, run as a user would. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runGateCommand } from '../../../src/cases/gate-cases.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { binaryRows, row, writeBenchmark } from '../../unit/artifacts/gate-files.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const policy = (name: string) => path.join(ROOT, 'examples/policies', name);

/** gsm8k, mmlu_pro and humaneval on both sides; the candidate loses `lost` of 500 answers of gsm8k. */
function runs(lost: number): string {
  const dir = temporaryFolder('gate');
  for (const name of ['gsm8k', 'mmlu_pro', 'humaneval']) {
    writeBenchmark(path.join(dir, 'baseline'), { name, rows: binaryRows(400, 500) });
    writeBenchmark(path.join(dir, 'candidate'), { name, rows: binaryRows(name === 'gsm8k' ? 400 - lost : 400, 500) });
  }
  return dir;
}

describe('examples/gate_api.ts', () => {
  const run = (dir: string): string => {
    const args = [
      path.join(ROOT, 'node_modules/jiti/lib/jiti-cli.mjs'),
      path.join(ROOT, 'examples/gate_api.ts'),
      'baseline',
      'candidate',
      policy('02_per_commit.yaml'),
      'artifacts',
    ];
    return execFileSync(process.execPath, args, { cwd: dir, encoding: 'utf8' });
  };

  it('prints GO and writes nothing', () => {
    const dir = runs(10);
    expect(run(dir)).toBe('GO\n  gsm8k: PASS (delta -0.02)\n  humaneval: PASS (delta 0)\n  mmlu_pro: PASS (delta 0)\n');
    expect(existsSync(path.join(dir, 'artifacts'))).toBe(false);
  });

  it('prints NO-GO with what changed, and writes both reports', () => {
    const dir = runs(11);
    expect(run(dir)).toMatch(/^NO-GO\n {2}gsm8k: BREACH \(delta -0\.022\)\n[^]*\n {2}gsm8k: 11 answers went from right to wrong\n/);
    const read = (name: string) => JSON.parse(readFileSync(path.join(dir, 'artifacts', name), 'utf8')) as unknown;
    expect(read('gate_report.json')).toMatchObject({ report_version: 1, verdict: 'NO-GO' });
    expect(read('regression.json')).toMatchObject({ benchmarks: { gsm8k: { flips: { n_regressions: 11 } } } });
  });
});

describe('the example policies', () => {
  it('02_per_commit: GO for equal runs, NO-GO beyond two points', async () => {
    expect((await runGateCommand(['baseline', 'candidate', '-p', policy('02_per_commit.yaml')], runs(10))).exit).toBe(0);
    expect((await runGateCommand(['baseline', 'candidate', '-p', policy('02_per_commit.yaml')], runs(11))).exit).toBe(1);
  });

  it('01_quantization: a low baseline is held to its relative limit, and a benchmark that was not run blocks', async () => {
    const dir = temporaryFolder('gate');
    for (const side of ['baseline', 'candidate']) {
      for (const name of ['mmlu_pro', 'gpqa', 'scicode', 'ifeval'])
        writeBenchmark(path.join(dir, side), { name, rows: binaryRows(400, 500) });
      // 10% to 9.6%: less than half a point, but 4% of the baseline.
      writeBenchmark(path.join(dir, side), { name: 'aime_2025', rows: binaryRows(side === 'baseline' ? 100 : 96, 1000) });
    }
    const argv = ['baseline', 'candidate', '-p', policy('01_quantization.yaml')];
    const first = await runGateCommand(argv, dir);
    expect(first).toMatchObject({ exit: 1, stdout: expect.stringContaining('- BREACH: aime_2025 [critical]\n\n') });
    expect(first.stdout).toContain('Relative drop 4.0% of the baseline 0.1000 exceeds threshold 2.0%');
    writeBenchmark(path.join(dir, 'candidate'), { name: 'aime_2025', rows: binaryRows(100, 1000) });
    expect((await runGateCommand(argv, dir)).exit).toBe(0);
    const other = temporaryFolder('gate');
    expect((await runGateCommand(['-p', policy('01_quantization.yaml'), path.join(dir, 'baseline'), other], dir)).stdout).toContain(
      'MISSING: gpqa [critical]',
    );
  });

  it('03_perplexity: a rise is the damage', async () => {
    const dir = temporaryFolder('gate');
    for (const side of ['baseline', 'candidate']) {
      writeBenchmark(path.join(dir, side), { name: 'mmlu_pro', rows: binaryRows(400, 500) });
      const rise = side === 'baseline' ? 0 : 0.6;
      writeBenchmark(path.join(dir, side), {
        name: 'wikitext_ppl',
        rows: Array.from({ length: 50 }, (_, i) => row(i, 12 + (i % 7) + rise)),
      });
    }
    const argv = (a: string, b: string) => [a, b, '-p', policy('03_perplexity.yaml')];
    expect(await runGateCommand(argv('baseline', 'candidate'), dir)).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining('Absolute rise 0.6000 exceeds threshold 0.5'),
    });
    expect((await runGateCommand(argv('candidate', 'baseline'), dir)).exit).toBe(0);
  });
});
