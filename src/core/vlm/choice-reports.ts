/** Reports over multiple-choice data sets, as VLMEvalKit makes them: fractions of right rows, overall and by group, with rotations counted as one. */

import { byIndex, grouped, type Metrics, mean, meanReward, metricName, type ReportRow, rowsWith, valuesOf } from './report-rows.js';

/** MMBench's abilities under their usual abbreviations. */
const ABILITIES: Readonly<Record<string, string>> = {
  coarse_perception: 'CP',
  'finegrained_perception (instance-level)': 'FP-S',
  'finegrained_perception (cross-instance)': 'FP-C',
  logic_reasoning: 'LR',
  relation_reasoning: 'RR',
  attribute_reasoning: 'AR',
};

/** MMT-Bench's meta-tasks. */
const META_TASKS: Readonly<Record<string, string>> = {
  visual_recognition: 'VR',
  localization: 'Loc',
  ocr: 'OCR',
  counting: 'Count',
  hallucination: 'HLN',
  image_retrieval: 'IR',
  threed: '3D',
  visual_captioning: 'VC',
  visual_grounding: 'VG',
  doc_understanding: 'DU',
  action_recognition: 'AR',
  pixel_level_perception: 'PLP',
  'image-to-image_translation': 'I2IT',
  relation_reasoning: 'RR',
  intelligence_quotient_test: 'IQT',
  emotion: 'Emo',
  visual_illusion: 'VI',
  meme_understanding: 'MemU',
  visual_prompt_understanding: 'VPU',
  anomaly_detection: 'AND',
  keypoint_detection: 'KD',
  visual_commonsense_reasoning: 'VCR',
  image_evaluation_judgement: 'IEJ',
  multiple_image_analysis: 'MIA',
  cross_image_matching: 'CIM',
  temporal_understanding: 'TU',
  visual_code: 'VP',
  medical_understanding: 'MedU',
  autonomous_driving: 'AUD',
  discipline_knowledge_reasoning: 'DKR',
  embodied_ai: 'EA',
  gui_navigation: 'GN',
};

/** Rotations of one question have indices that differ by multiples of this. */
const ROTATION = 1_000_000;

/**
 * `Overall`, then by l2-category and category (which wins where both have a name), in [0, 1]. With more than one split, each has its own:
 * `dev|Overall`, `val|Overall`.
 */
export function accuracyReport(rows: readonly ReportRow[]): Metrics {
  const splits = valuesOf(rows, 'split');
  if (splits.length <= 1) return tableRow(rows, rows);
  const metrics: Metrics = {};
  for (const split of splits) {
    for (const [name, value] of Object.entries(tableRow(rows, rowsWith(rows, 'split', split)))) metrics[metricName(split, name)] = value;
  }
  return metrics;
}

/** The groups are those of all rows, so that every split has the same columns. */
function tableRow(all: readonly ReportRow[], rows: readonly ReportRow[]): Metrics {
  const metrics: Metrics = { Overall: meanReward(rows) };
  for (const column of ['l2-category', 'category']) {
    for (const ability of valuesOf(all, column)) {
      const name = Object.hasOwn(ABILITIES, ability) ? (ABILITIES[ability] ?? ability) : ability;
      metrics[name] = meanReward(rowsWith(rows, column, ability));
    }
  }
  return metrics;
}

/**
 * Circular evaluation (Liu et al., MMBench, 2023): a question counts where all its rotations that were asked are right. Its group is the column
 * `g_index`, or the index modulo 1,000,000; a question whose first rotation was not asked is not counted.
 */
export function circularReport(rows: readonly ReportRow[]): Metrics {
  const groups = grouped(rows, (row) => row.fields['g_index'] ?? String(Number(row.index) % ROTATION));
  const questions: ReportRow[] = [];
  for (const [question, rotations] of groups) {
    const first = rotations.find(({ index }) => index === question);
    if (first) questions.push({ ...first, reward: rotations.every(({ reward }) => reward === 1) ? 1 : 0 });
  }
  return accuracyReport(questions);
}

/** MMT-Bench: a meta-task's score is the mean over its tasks. Over all rows, and with more than one split for each. */
export function mmtReport(rows: readonly ReportRow[]): Metrics {
  const metrics = mmtRow(rows, rows);
  const splits = valuesOf(rows, 'split');
  for (const split of splits.length > 1 ? splits : []) {
    for (const [name, value] of Object.entries(mmtRow(rows, rowsWith(rows, 'split', split)))) metrics[metricName(split, name)] = value;
  }
  return metrics;
}

function mmtRow(all: readonly ReportRow[], rows: readonly ReportRow[]): Metrics {
  const metrics: Metrics = { Overall: meanReward(rows) };
  for (const task of valuesOf(all, 'category')) metrics[task] = meanReward(rowsWith(rows, 'category', task));
  for (const meta of valuesOf(all, 'l2-category')) {
    const tasks = valuesOf(rowsWith(all, 'l2-category', meta), 'category');
    const name = Object.hasOwn(META_TASKS, meta) ? (META_TASKS[meta] ?? meta) : meta;
    metrics[name] = mean(tasks.map((task) => meanReward(rowsWith(rows, 'category', task))));
  }
  return metrics;
}

/** MMVP: rows come in pairs on two alike images. `Average` over rows, `Overall` over pairs with both right; half a pair is left out. */
export function mmvpReport(rows: readonly ReportRow[]): Metrics {
  const sorted = [...rows].sort(byIndex);
  const both: number[] = [];
  for (let i = 0; i + 1 < sorted.length; i += 2) both.push(sorted[i]?.reward === 1 && sorted[i + 1]?.reward === 1 ? 1 : 0);
  return { Average: meanReward(sorted), Overall: mean(both) };
}

const MMSCI_SETTINGS = ['Fig2Cap', 'SubFig2Cap', 'SubCap2Fig'];

/** MMSci: by setting, over all rows and by subject and category; `Avg` is the mean over the settings, one without rows counts 0. */
export function mmsciReport(all: readonly ReportRow[]): Metrics {
  const rows = all.filter(({ fields }) => MMSCI_SETTINGS.includes(fields['setting'] ?? ''));
  const settings = MMSCI_SETTINGS.filter((setting) => rowsWith(rows, 'setting', setting).length > 0);
  const metrics: Metrics = {};
  const add = (name: string, subset: readonly ReportRow[]): void => {
    const scores = settings.map((setting) => {
      const score = meanReward(rowsWith(subset, 'setting', setting));
      return Number.isNaN(score) ? 0 : score;
    });
    settings.forEach((setting, i) => {
      metrics[metricName(name, setting)] = scores[i] ?? 0;
    });
    metrics[name === 'Overall' ? name : metricName(name, 'Avg')] = mean(scores);
  };
  add('Overall', rows);
  for (const subject of valuesOf(rows, 'subject')) add(subject, rowsWith(rows, 'subject', subject));
  for (const category of valuesOf(rows, 'category')) add(`CATEGORY_${category}`, rowsWith(rows, 'category', category));
  return metrics;
}
