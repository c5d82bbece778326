/** `npm run cases -- DIR…`: runs every case under the given folders, picked by content, and ends with `N passed, N failed`. */

import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorMessage } from '../core/errors.js';
import { isGateCaseFolder, runGateCase } from './gate-cases.js';
import { type CaseMessage, isScorerCaseFile, runScorerCaseFile } from './scorer-cases.js';
import { isStatsCaseFile, runStatsCaseFile } from './stats-cases.js';
import { isVlmCaseFile, runVlmCaseFile } from './vlm-cases.js';

/** What one file or folder of cases came to. */
interface Outcome {
  readonly passed: number;
  readonly failures: readonly CaseMessage[];
  /** On passed cases, such as why we differ from a reference on purpose. */
  readonly notes?: readonly CaseMessage[];
}

/** A kind of case file, known by its content. A new kind is one more entry here. */
interface FileRunner {
  readonly accepts: (json: unknown) => boolean;
  readonly run: (file: string) => Promise<Outcome>;
}

const FILE_RUNNERS: readonly FileRunner[] = [
  { accepts: isStatsCaseFile, run: runStatsCaseFile },
  { accepts: isScorerCaseFile, run: runScorerCaseFile },
  { accepts: isVlmCaseFile, run: runVlmCaseFile },
];

export interface CasesResult {
  passed: number;
  failed: number;
}

export interface CasesOutput {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Also name the passed cases in which we differ from a reference on purpose, and why. Default false: only how many. */
  readonly verbose?: boolean;
}

/** Runs what is under `roots`. Files that are no cases are named on `err` and not counted. */
export async function runCases(roots: readonly string[], { out, err, verbose = false }: CasesOutput): Promise<CasesResult> {
  const result: CasesResult = { passed: 0, failed: 0 };
  let noted = 0;
  const take = (where: string, { passed, failures, notes = [] }: Outcome): void => {
    result.passed += passed;
    result.failed += failures.length;
    noted += notes.length;
    const line = ({ id, message }: CaseMessage): string => `${where}${id === '' ? '' : ` ${id}`}: ${message}`;
    for (const failure of failures) out(`FAILED ${line(failure)}`);
    if (verbose) for (const note of notes) out(`NOTE ${line(note)}`);
  };
  for (const root of roots) {
    for (const found of casesUnder(root, err)) {
      try {
        take(found, statSync(found).isDirectory() ? await runFolder(found) : await runFile(found, err));
      } catch (error) {
        take(found, { passed: 0, failures: [{ id: '', message: errorMessage(error) }] });
      }
    }
  }
  if (noted > 0 && !verbose) err(`${noted} passed by a rule that differs from the reference's on purpose: --verbose says why`);
  return result;
}

/** Gate case folders and JSON files, in the order of their names. */
function casesUnder(root: string, err: (line: string) => void): string[] {
  try {
    if (!statSync(root).isDirectory()) return [root];
    if (isGateCaseFolder(root)) return [root];
    return readdirSync(root, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const full = path.join(root, entry.name);
        if (entry.isDirectory()) return casesUnder(full, err);
        return entry.isFile() && entry.name.endsWith('.json') ? [full] : [];
      });
  } catch (error) {
    err(`${root}: cannot be read: ${errorMessage(error)}`);
    return [];
  }
}

async function runFolder(dir: string): Promise<Outcome> {
  const { passed, message = '' } = await runGateCase(dir);
  return passed ? { passed: 1, failures: [] } : { passed: 0, failures: [{ id: '', message }] };
}

async function runFile(file: string, err: (line: string) => void): Promise<Outcome> {
  const nothing: Outcome = { passed: 0, failures: [] };
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    err(`${file}: not JSON, not counted: ${errorMessage(error)}`);
    return nothing;
  }
  const runner = FILE_RUNNERS.find(({ accepts }) => accepts(json));
  if (runner === undefined) {
    err(`${file}: no case file of a known kind, not counted`);
    return nothing;
  }
  return runner.run(file);
}

async function main(): Promise<void> {
  const verbose = process.argv.includes('--verbose');
  const roots = process.argv.slice(2).filter((argument) => argument !== '--verbose');
  const { passed, failed } = await runCases(roots, { out: (line) => console.log(line), err: (line) => console.error(line), verbose });
  if (roots.length === 0) console.error('usage: npm run cases -- [--verbose] DIR…');
  else if (passed + failed === 0) console.error('no cases were found');
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

// Not when the tests import it. A checkout may be reached through a link.
if (process.argv[1] !== undefined && import.meta.filename === realpathSync(process.argv[1])) void main();
