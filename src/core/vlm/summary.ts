/** What VLMEvalKit reports of a data set, as a ScoreSummary: samples in, its metrics out. */

import type { ScoreSummary, SummarySample } from '../benchmark.js';
import { accuracyReport, circularReport, mmsciReport, mmtReport, mmvpReport } from './choice-reports.js';
import type { VlmReport } from './kinds.js';
import { type Metrics, mean, type ReportRow } from './report-rows.js';
import { captionReport, lineReport, mtvqaReport, ocrBenchReport } from './text-reports.js';
import { amberReport, hallusionReport, mmeReport, popeReport, vsrReport, yesNoReport } from './yes-no-reports.js';

const REPORTS: Readonly<Record<VlmReport, (rows: readonly ReportRow[]) => Metrics>> = {
  accuracy: accuracyReport,
  circular: circularReport,
  mmt: mmtReport,
  mmvp: mmvpReport,
  mmsci: mmsciReport,
  mme: mmeReport,
  hallusion: hallusionReport,
  pope: popeReport,
  amber: amberReport,
  vsr: vsrReport,
  yes_no: yesNoReport,
  line: lineReport,
  ocrbench: ocrBenchReport,
  mtvqa: mtvqaReport,
  caption: captionReport,
};

/** Columns of a row that reports look at: an environment puts them into a seed's metadata, under these names. */
const COLUMNS: Readonly<Partial<Record<VlmReport, readonly string[]>>> = {
  circular: ['g_index'],
  mme: ['image_path'],
  mmsci: ['setting', 'subject'],
};

export function reportColumns(report: VlmReport): readonly string[] {
  return ['split', 'category', 'l2-category', ...(COLUMNS[report] ?? [])];
}

/**
 * Samples that got no answer count as wrong. With repeats, each is reported by itself and the reports' means are given. Reads `index` and the
 * columns of `reportColumns` from a sample's metadata; a metric that there are no rows for is left out.
 */
export function createVlmSummary(report: VlmReport): ScoreSummary {
  const columns = reportColumns(report);
  const rowsByRepeat = new Map<number, ReportRow[]>();
  return {
    add(sample) {
      const rows = rowsByRepeat.get(sample.repeat);
      const row = reportRow(sample, columns);
      if (rows) rows.push(row);
      else rowsByRepeat.set(sample.repeat, [row]);
    },
    scores() {
      const values = new Map<string, number[]>();
      for (const rows of rowsByRepeat.values()) {
        for (const [name, value] of Object.entries(REPORTS[report](rows))) {
          if (Number.isFinite(value)) values.set(name, [...(values.get(name) ?? []), value]);
        }
      }
      return Object.fromEntries(Array.from(values, ([name, found]) => [name, mean(found)]));
    },
  };
}

function reportRow(sample: SummarySample, columns: readonly string[]): ReportRow {
  const { metadata, status } = sample;
  const fields: Record<string, string> = {};
  for (const column of columns) {
    const value = metadata[column];
    if (typeof value === 'string') fields[column] = value;
  }
  const index = metadata['index'];
  return {
    index: typeof index === 'string' ? index : String(sample.problem_idx),
    reward: status === 'scored' ? sample.reward : 0,
    extracted: status === 'scored' ? sample.extracted_answer : null,
    expected: sample.expected_answer,
    fields,
  };
}
