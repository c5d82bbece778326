/** `nel gate` as a command: flags, files, exit codes. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runGateCommand } from '../../../src/cases/gate-cases.js';
import type { GateReport } from '../../../src/core/gate.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { binaryRows, writeBenchmark } from '../artifacts/gate-files.js';

let cwd: string;

beforeEach(() => {
  cwd = temporaryFolder('gate');
  writeFileSync(path.join(cwd, 'p.yaml'), 'version: 1\ndefaults: {tier: critical, metric: mean_reward, max_drop: 0.01}\n');
  writeBenchmark(path.join(cwd, 'good'), { rows: binaryRows(50, 50) });
  writeBenchmark(path.join(cwd, 'bad'), { rows: binaryRows(40, 50) });
  writeBenchmark(path.join(cwd, 'small'), { rows: binaryRows(5, 5) });
});

const gate = (...argv: string[]) => runGateCommand(argv, cwd);

describe('exit codes', () => {
  it('are 0 for GO, 1 for NO-GO, 2 for INCONCLUSIVE', async () => {
    expect(await gate('good', 'good', '-p', 'p.yaml')).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^GO\n/) });
    expect(await gate('good', 'bad', '-p', 'p.yaml')).toMatchObject({ exit: 1, stdout: expect.stringMatching(/^NO-GO\n/) });
    expect(await gate('good', 'small', '-p', 'p.yaml', '--strict')).toMatchObject({
      exit: 2,
      stdout: expect.stringMatching(/^INCONCLUSIVE\n/),
    });
  });

  it('are 0 for any verdict under --no-strict, and the verdict is still printed', async () => {
    expect(await gate('good', 'bad', '-p', 'p.yaml', '--no-strict')).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^NO-GO\n/) });
    expect(await gate('good', 'small', '-p', 'p.yaml', '--no-strict')).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^INCONCLUSIVE\n/),
    });
  });

  it.each([
    ['no policy', ['good', 'bad'], /required option '-p, --policy <file>'/],
    ['an unknown flag', ['good', 'bad', '-p', 'p.yaml', '--fast'], /unknown option '--fast'/],
    ['an unknown format', ['good', 'bad', '-p', 'p.yaml', '--format', 'html'], /Allowed choices are text, json, markdown, junit/],
    ['one directory', ['good', '-p', 'p.yaml'], /nel gate needs two results directories/],
    ['three directories', ['good', 'bad', 'small', '-p', 'p.yaml'], /too many arguments/],
    ['a policy that is not there', ['good', 'bad', '-p', 'q.yaml'], /q\.yaml: gate policy: no such file/],
  ])('are 3 for %s, --no-strict or not', async (_name, argv, message) => {
    for (const more of [[], ['--no-strict']]) {
      const outcome = await gate(...argv, ...more);
      expect(outcome).toMatchObject({ exit: 3, stdout: '' });
      expect(outcome.stderr).toMatch(message);
    }
  });
});

describe('output', () => {
  it('is JSON on request, and nothing but JSON', async () => {
    const { stdout, stderr } = await gate('good', 'bad', '-p', 'p.yaml', '--format', 'json');
    const report = JSON.parse(stdout) as GateReport;
    expect(report).toMatchObject({ verdict: 'NO-GO', policy: { path: 'p.yaml' }, baseline: { path: 'good' }, candidate: { path: 'bad' } });
    expect(stderr).toBe('');
  });

  it('is written as the file says, whatever is printed; folders are made', async () => {
    for (const [file, start] of [
      ['out/report.json', '{\n  "report_version": 1,'],
      ['out/report', '{\n  "report_version": 1,'],
      ['out/report.md', '# Quality gate: NO-GO'],
      ['out/report.xml', '<?xml version="1.0"'],
      ['out/report.txt', 'NO-GO\nPolicy:'],
    ] as const) {
      const { stdout } = await gate('good', 'bad', '-p', 'p.yaml', '-o', file);
      expect(stdout).toMatch(/^NO-GO\n/);
      expect(readFileSync(path.join(cwd, file), 'utf8').startsWith(start)).toBe(true);
    }
  });

  it('that cannot be written is an error, not a verdict', async () => {
    writeFileSync(path.join(cwd, 'file'), '');
    expect(await gate('good', 'good', '-p', 'p.yaml', '-o', 'file/report.json')).toMatchObject({
      exit: 3,
      stdout: '',
      stderr: expect.stringMatching(/the report cannot be written/),
    });
  });
});

describe('rules', () => {
  it('--evidence overrides the policy', async () => {
    writeBenchmark(path.join(cwd, 'slightly'), { rows: binaryRows(49, 50) });
    expect((await gate('good', 'slightly', '-p', 'p.yaml')).exit).toBe(1);
    const { exit, stdout } = await gate('good', 'slightly', '-p', 'p.yaml', '--evidence', 'confidence', '--format', 'json');
    expect(exit).toBe(2);
    expect((JSON.parse(stdout) as GateReport).evidence).toBe('confidence');
  });

  it('--explain-policy needs no directories and prints no verdict', async () => {
    const { exit, stdout } = await gate('-p', 'p.yaml', '--explain-policy');
    expect(exit).toBe(0);
    expect(stdout).toContain('max_drop:          0.01');
    expect(stdout).not.toMatch(/^(GO|NO-GO|INCONCLUSIVE)$/m);
  });

  it('--help exits 0', async () => {
    expect(await gate('--help')).toMatchObject({ exit: 0, stdout: expect.stringContaining('Exit codes: 0 GO, 1 NO-GO, 2 INCONCLUSIVE') });
  });
});
