/** The gate's report as JUnit XML: a test case a benchmark and one for the verdict, so that CI shows a gate that saw nothing as an error too. */

import type { GateBenchmark, GateReport } from '../core/gate.js';
import { blocks } from '../core/policy.js';
import { measurements } from './gate-text.js';
import { xmlText } from './plain-text.js';

interface Case {
  readonly name: string;
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly message: string;
  readonly details: readonly string[];
}

/** BREACH and MISSING are failures, INSUFFICIENT_EVIDENCE is an error, what an advisory benchmark did not pass is skipped. */
export function gateJunit(report: GateReport): string {
  const cases = [...report.benchmarks.map(benchmarkCase), verdictCase(report)];
  const count = (outcome: Case['outcome']): number => cases.filter((one) => one.outcome === outcome).length;
  const totals = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="nel gate" ${totals}>`,
    `  <testsuite name="nel gate" ${totals}>`,
    ...cases.flatMap(caseXml),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function benchmarkCase(one: GateBenchmark): Case {
  const details = [...one.reasons, ...measurements(one)];
  const message = `${one.status} [${one.tier}]: ${one.reasons.join('; ')}`;
  const outcome =
    one.status === 'PASS' ? 'passed' : !blocks(one.tier) ? 'skipped' : one.status === 'INSUFFICIENT_EVIDENCE' ? 'error' : 'failure';
  return { name: one.benchmark, outcome, message, details };
}

function verdictCase({ verdict, verdict_reasons, warnings }: GateReport): Case {
  const outcome = verdict === 'GO' ? 'passed' : verdict === 'NO-GO' ? 'failure' : 'error';
  return { name: 'verdict', outcome, message: `${verdict}: ${verdict_reasons.join('; ')}`, details: [...verdict_reasons, ...warnings] };
}

function caseXml({ name, outcome, message, details }: Case): string[] {
  const text = details.map((line) => `        ${xmlText(line)}`);
  return [
    `    <testcase classname="nel gate" name="${xmlText(name)}">`,
    ...(outcome === 'passed' ? [] : [`      <${outcome} message="${xmlText(message)}"/>`]),
    '      <system-out>',
    ...text,
    '      </system-out>',
    '    </testcase>',
  ];
}
