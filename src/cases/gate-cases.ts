/** Runs a gate case folder (baseline/, candidate/, policy.yaml, expected.json) as `nel gate` would, in process, and compares what comes out. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { registerGate } from '../cli/gate.js';
import { errorMessage } from '../core/errors.js';
import type { GateBenchmark, GateReport } from '../core/gate.js';
import { type CommandOutcome, runCommand } from './run-command.js';

export interface CaseResult {
  readonly passed: boolean;
  /** What differs, where it failed. */
  readonly message?: string;
}

interface ExpectedBenchmark {
  readonly status?: string;
  readonly [field: string]: unknown;
}

interface Expected {
  /** A verdict, several joined by `|`, or `any`. */
  readonly verdict?: string;
  readonly exit_code?: number;
  readonly benchmarks?: Readonly<Record<string, string | ExpectedBenchmark>>;
  /** No verdict: exit 3 or more and these words on standard error. */
  readonly error?: string;
}

const TOLERANCE = 1e-9;

/** A folder with a policy and an expectation of a command line. */
export function isGateCaseFolder(dir: string): boolean {
  const file = path.join(dir, 'expected.json');
  if (!existsSync(file) || !existsSync(path.join(dir, 'policy.yaml'))) return false;
  try {
    return Array.isArray((JSON.parse(readFileSync(file, 'utf8')) as { argv?: unknown }).argv);
  } catch {
    return false;
  }
}

export async function runGateCase(dir: string): Promise<CaseResult> {
  const { argv, expected } = JSON.parse(readFileSync(path.join(dir, 'expected.json'), 'utf8')) as { argv: string[]; expected: Expected };
  const outcome = await runGateCommand(argv.includes('--format') ? argv : [...argv, '--format', 'json'], dir);
  const differences = differencesFrom(expected, outcome);
  return differences.length === 0 ? { passed: true } : { passed: false, message: differences.join('; ') };
}

/** `nel gate ARGV` with `cwd` as its directory. */
export function runGateCommand(argv: readonly string[], cwd: string): Promise<CommandOutcome> {
  return runCommand(registerGate, ['gate', ...argv], cwd);
}

function differencesFrom(expected: Expected, outcome: CommandOutcome): string[] {
  if (expected.error !== undefined) return errorDifferences(expected.error, outcome);
  if (outcome.exit >= 3) return brokenDifferences(expected, outcome);
  let report: GateReport;
  try {
    report = JSON.parse(outcome.stdout) as GateReport;
  } catch (error) {
    return [`the report is not JSON: ${errorMessage(error)}`];
  }
  const differences: string[] = [];
  const verdicts = (expected.verdict ?? 'any').split('|');
  if (!verdicts.includes('any') && !verdicts.includes(report.verdict))
    differences.push(`verdict ${report.verdict}, not ${expected.verdict}`);
  if (expected.exit_code !== undefined && outcome.exit !== expected.exit_code) {
    differences.push(`exit code ${outcome.exit}, not ${expected.exit_code}`);
  }
  for (const [name, wanted] of Object.entries(expected.benchmarks ?? {})) {
    const got = report.benchmarks.find(({ benchmark }) => benchmark === name);
    if (got === undefined) differences.push(`${name} is not in the report`);
    else differences.push(...benchmarkDifferences(got, typeof wanted === 'string' ? { status: wanted } : wanted));
  }
  return differences;
}

function errorDifferences(words: string, { exit, stderr }: CommandOutcome): string[] {
  const differences = exit >= 3 ? [] : [`exit code ${exit}, not an error (3 or more)`];
  if (!stderr.toLowerCase().includes(words.toLowerCase())) differences.push(`standard error does not say "${words}": ${stderr.trim()}`);
  return differences;
}

/** A data error stands for any verdict but GO, as nothing passed; not where a verdict was asked for by name. */
function brokenDifferences({ verdict = 'any', exit_code }: Expected, { exit, stderr }: CommandOutcome): string[] {
  const open = verdict === 'any' || (verdict.includes('|') && !verdict.split('|').includes('GO'));
  return open && exit_code === undefined ? [] : [`exit code ${exit} instead of ${verdict}: ${stderr.trim()}`];
}

function benchmarkDifferences(got: GateBenchmark, wanted: ExpectedBenchmark): string[] {
  return Object.entries(wanted).flatMap(([field, value]) => {
    const actual = (got as unknown as Record<string, unknown>)[field];
    return same(actual, value) ? [] : [`${got.benchmark}.${field} is ${JSON.stringify(actual)}, not ${JSON.stringify(value)}`];
  });
}

function same(actual: unknown, wanted: unknown): boolean {
  if (typeof actual === 'number' && typeof wanted === 'number') return Math.abs(actual - wanted) <= TOLERANCE;
  return JSON.stringify(actual) === JSON.stringify(wanted);
}
