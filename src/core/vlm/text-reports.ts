/** Reports over data sets with free answers, as VLMEvalKit makes them; in percent unless said otherwise. */

import { captionScores } from '../scoring/vlm/caption.js';
import { answerList } from '../scoring/vlm/python-literal.js';
import { type Metrics, meanReward, type ReportRow, rowsWith, valuesOf } from './report-rows.js';

const percent = (rows: readonly ReportRow[]): number => 100 * meanReward(rows);

/** VQA accuracy, ANLS or relaxed accuracy: `Overall`, and by split, or by category where there are no splits. */
export function lineReport(rows: readonly ReportRow[]): Metrics {
  const column = valuesOf(rows, 'split').length > 0 ? 'split' : 'category';
  const metrics: Metrics = {};
  for (const value of valuesOf(rows, column)) metrics[value] = percent(rowsWith(rows, column, value));
  return { ...metrics, Overall: percent(rows) };
}

/** OCRBench's six kinds of plain text recognition, reported as one. */
const TEXT_RECOGNITION = [
  'Regular Text Recognition',
  'Irregular Text Recognition',
  'Artistic Text Recognition',
  'Handwriting Recognition',
  'Digit String Recognition',
  'Non-Semantic Text Recognition',
];
const OCR_TASKS = [
  'Scene Text-centric VQA',
  'Doc-oriented VQA',
  'Key Information Extraction',
  'Handwritten Mathematical Expression Recognition',
];

/** OCRBench: rows that are right, as counts; `Final Score` of 1000, `Final Score Norm` of 100. */
export function ocrBenchReport(rows: readonly ReportRow[]): Metrics {
  const right = (category: string): number => rowsWith(rows, 'category', category).reduce((sum, { reward }) => sum + reward, 0);
  const metrics: Metrics = { 'Text Recognition': TEXT_RECOGNITION.reduce((sum, category) => sum + right(category), 0) };
  for (const task of OCR_TASKS) metrics[task] = right(task);
  const total = Object.values(metrics).reduce((sum, score) => sum + score, 0);
  return { ...metrics, 'Final Score': total, 'Final Score Norm': total / 10 };
}

/** MTVQA: by language, and `Average` over all rows. */
export function mtvqaReport(rows: readonly ReportRow[]): Metrics {
  const metrics: Metrics = { Average: percent(rows) };
  for (const language of valuesOf(rows, 'category')) metrics[language] = percent(rowsWith(rows, 'category', language));
  return metrics;
}

/** COCO captions: BLEU-1 to BLEU-4, ROUGE-L, CIDEr. A caption that was never given is an empty one. */
export function captionReport(rows: readonly ReportRow[]): Metrics {
  const { bleu, rougeL, cider } = captionScores(
    rows.map(({ extracted, expected }) => ({ caption: extracted ?? '', references: answerList(expected) ?? [expected] })),
  );
  return { Bleu_1: bleu[0], Bleu_2: bleu[1], Bleu_3: bleu[2], Bleu_4: bleu[3], ROUGE_L: rougeL, CIDEr: cider };
}
