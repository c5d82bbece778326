/** Runs `nel gate`: policy, directories, report, exit code. */

import { gateDirectories } from '../artifacts/gate-directories.js';
import { loadGatePolicy } from '../config/policy.js';
import { NelError } from '../core/errors.js';
import type { GateReport } from '../core/gate.js';
import { explainPolicyText } from '../report/explain-policy-text.js';
import { gateJunit } from '../report/gate-junit.js';
import { gateMarkdown } from '../report/gate-markdown.js';
import { gateText } from '../report/gate-text.js';
import { readableDirectory } from '../workers/stores.js';
import type { CommandIo } from './command-io.js';
import { EXIT } from './exit-codes.js';
import type { GateOptions } from './gate.js';
import { type ReportFormat, reportFormat, saveReport } from './save-report.js';

export interface GateCall {
  readonly baseline: string | undefined;
  readonly candidate: string | undefined;
  readonly options: GateOptions;
  readonly io: CommandIo;
}

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
  const durable = options.durable === true || isConfig(baseline) || isConfig(candidate);
  const report = durable
    ? await (await import('./gate-durably.js')).gateDurably({ baseline, candidate, options })
    : withPlaces(
        await gateDirectories({
          baselineDir: await readableDirectory(baseline, process.env),
          candidateDir: await readableDirectory(candidate, process.env),
          policy,
          evidence,
          force,
          cwd: io.cwd,
        }),
        baseline,
        candidate,
      );
  if (report === null) return EXIT.INTERRUPTED;
  const verbose = options.verbose ?? false;
  if (options.output !== undefined) {
    await saveReport(options.output, render(report, reportFormat(options.output, options.format), verbose), io.cwd);
  }
  io.stdout(render(report, options.format, verbose));
  return options.strict ? VERDICT_EXIT[report.verdict] : EXIT.OK;
}

/** Directories as they were given, not as copies of them are called here. */
function withPlaces(report: GateReport, baseline: string, candidate: string): GateReport {
  return { ...report, baseline: { ...report.baseline, path: baseline }, candidate: { ...report.candidate, path: candidate } };
}

/** A side that is not there yet is named by the config that makes it. */
function isConfig(side: string): boolean {
  return /\.ya?ml$/i.test(side);
}

function render(report: GateReport, format: ReportFormat, verbose: boolean): string {
  if (format === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  if (format === 'markdown') return gateMarkdown(report, { verbose });
  if (format === 'junit') return gateJunit(report);
  return gateText(report, { verbose });
}
