/** Runs `nel gate`: policy, directories, report, exit code. */

import path from 'node:path';
import { gateDirectories } from '../artifacts/gate-directories.js';
import { writeFileAtomic } from '../artifacts/write-atomic.js';
import { loadGatePolicy } from '../config/policy.js';
import { errorMessage, NelError } from '../core/errors.js';
import type { GateReport } from '../core/gate.js';
import { explainPolicyText } from '../report/explain-policy-text.js';
import { gateJunit } from '../report/gate-junit.js';
import { gateMarkdown } from '../report/gate-markdown.js';
import { gateText } from '../report/gate-text.js';
import type { CommandIo } from './command-io.js';
import { EXIT } from './exit-codes.js';
import type { GateOptions } from './gate.js';

export interface GateCall {
  readonly baseline: string | undefined;
  readonly candidate: string | undefined;
  readonly options: GateOptions;
  readonly io: CommandIo;
}

type Format = GateOptions['format'];

const VERDICT_EXIT = { GO: EXIT.OK, 'NO-GO': EXIT.NO_GO, INCONCLUSIVE: EXIT.INCONCLUSIVE } as const;

/** @returns the exit code. @throws NelError for what is no verdict: usage, policy and data errors */
export async function runGate({ baseline, candidate, options, io }: GateCall): Promise<number> {
  const policy = loadGatePolicy(options.policy, { cwd: io.cwd });
  if (options.explainPolicy) {
    io.stdout(explainPolicyText(policy, options.evidence));
    return EXIT.OK;
  }
  if (baseline === undefined || candidate === undefined) {
    throw new NelError('usage', 'nel gate needs two results directories', { hint: 'nel gate BASELINE CANDIDATE --policy FILE' });
  }
  const { evidence, force } = options;
  const report = await gateDirectories({ baselineDir: baseline, candidateDir: candidate, policy, evidence, force, cwd: io.cwd });
  const verbose = options.verbose ?? false;
  if (options.output !== undefined) {
    await save(path.resolve(io.cwd, options.output), render(report, fileFormat(options.output, options.format), verbose), options.output);
  }
  io.stdout(render(report, options.format, verbose));
  return options.strict ? VERDICT_EXIT[report.verdict] : EXIT.OK;
}

function render(report: GateReport, format: Format, verbose: boolean): string {
  if (format === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  if (format === 'markdown') return gateMarkdown(report, { verbose });
  if (format === 'junit') return gateJunit(report);
  return gateText(report, { verbose });
}

const BY_EXTENSION: Readonly<Record<string, Format>> = {
  '.json': 'json',
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.xml': 'junit',
  '.txt': 'text',
};

/** By the file's ending; without a known one as printed, but JSON instead of text. */
function fileFormat(file: string, printed: Format): Format {
  return BY_EXTENSION[path.extname(file).toLowerCase()] ?? (printed === 'text' ? 'json' : printed);
}

async function save(file: string, text: string, shown: string): Promise<void> {
  try {
    await writeFileAtomic(file, text);
  } catch (error) {
    throw new NelError('usage', `the report cannot be written: ${errorMessage(error)}`, { at: { file: shown }, cause: error });
  }
}
