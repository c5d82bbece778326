/** `nel compare` as a command: flags, files, exit codes. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cases/run-command.js';
import { registerCompare } from '../../../src/cli/compare.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { binaryRows, row, writeBenchmark } from '../artifacts/gate-files.js';

let cwd: string;

beforeEach(() => {
  cwd = temporaryFolder('gate');
  const answered = (n: number) =>
    binaryRows(n, 100).map((one) => ({
      ...one,
      expected_answer: 'B',
      extracted_answer: one['reward'] === 1 ? 'B' : '\u001b[31m`A` | <b>',
      metadata: { category: 'law' },
    }));
  writeBenchmark(path.join(cwd, 'good'), { rows: answered(80) });
  writeBenchmark(path.join(cwd, 'bad'), { rows: answered(60) });
  writeBenchmark(path.join(cwd, 'few'), { rows: answered(80).slice(0, 5) });
});

const compare = (...argv: string[]) => runCommand(registerCompare, ['compare', ...argv], cwd);

describe('exit codes', () => {
  it('are 0 without --strict, whatever the verdict', async () => {
    expect(await compare('good', 'bad')).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^BLOCK\n/), stderr: '' });
  });

  it('are 1 for BLOCK and 2 for WARN and INCONCLUSIVE under --strict', async () => {
    expect((await compare('good', 'bad', '--strict')).exit).toBe(1);
    expect(await compare('good', 'bad', '--strict', '--max-drop', '0.3')).toMatchObject({
      exit: 2,
      stdout: expect.stringMatching(/^WARN\n/),
    });
    expect(await compare('good', 'few', '--strict')).toMatchObject({ exit: 2, stdout: expect.stringMatching(/^INCONCLUSIVE\n/) });
    expect(await compare('bad', 'good', '--strict')).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^PASS\n/) });
  });

  it.each([
    ['a directory that is not there', ['good', 'nowhere']],
    ['a max-drop that is no number', ['good', 'bad', '--max-drop', '5%']],
    ['a max-drop below 0', ['good', 'bad', '--max-drop', '-1']],
    ['one directory', ['good']],
    ['an output that it does not write', ['good', 'bad', '-o', 'x.xml']],
  ])('are 3 for %s', async (_name, argv) => {
    expect(await compare(...argv)).toMatchObject({ exit: 3, stdout: '' });
  });
});

describe('output', () => {
  it('shows deltas, categories and counts of flips', async () => {
    expect((await compare('good', 'bad')).stdout).toBe(`BLOCK
Baseline:  good
Candidate: bad
  - BLOCK: mmlu: Significant regression: the drop exceeds max-drop 0.05

mmlu: BLOCK
  mean_reward: 0.8000 -> 0.6000  (delta=-0.2000, -25.0%, CI apart)
  Paired over 100 items: -0.2000, 95% interval -0.2798 to -0.1202
  Per-category deltas:
    law: 0.8000 -> 0.6000  (delta=-0.2000, n=100)
  Flips: 20 right to wrong, 0 wrong to right, 80 the same, of 100 paired samples
`);
  });

  it('shows p-values under --verbose and both answers, disarmed, under --show-flips', async () => {
    const { stdout } = await compare('good', 'bad', '--verbose', '--show-flips');
    // 2 × 0.5^20
    expect(stdout).toContain('  McNemar, exact: p=1.9e-6\n');
    expect(stdout).toContain('    problem 60, repeat 0 [law]\n      expected "B", baseline "B", candidate "`A` | <b>"\n');
  });

  it('disarms answers in Markdown', async () => {
    const { stdout } = await compare('good', 'bad', '--format', 'markdown', '--show-flips');
    expect(stdout).toContain('| `60` | 0 | `law` | `B` | `B` | `` `A` \\| <b> `` |');
  });

  it('is regression.json as JSON, printed or saved', async () => {
    const { stdout } = await compare('good', 'bad', '--format', 'json', '-o', 'out/regression.json');
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'BLOCK',
      benchmark: 'mmlu',
      score_deltas: { mean_reward: { delta: -0.2 } },
      flips: { n_regressions: 20 },
    });
    expect(readFileSync(path.join(cwd, 'out/regression.json'), 'utf8')).toBe(stdout);
  });

  it('takes --correct-above for rewards between 0 and 1', async () => {
    for (const [side, reward] of [
      ['x', 0.6],
      ['y', 0.4],
    ] as const) {
      writeBenchmark(path.join(cwd, side), { rows: Array.from({ length: 12 }, (_, i) => row(i, reward)) });
    }
    expect((await compare('x', 'y')).stdout).toContain('Flips: 0 right to wrong');
    expect((await compare('x', 'y', '--correct-above', '0.5')).stdout).toContain('Flips: 12 right to wrong');
  });
});
