/** Reports over yes/no data sets, as VLMEvalKit makes them; in percent unless said otherwise. */

import { grouped, type Metrics, mean, meanReward, metricName, type ReportRow, rowsWith, valuesOf } from './report-rows.js';

const percent = (rows: readonly ReportRow[]): number => 100 * meanReward(rows);

/** `Overall` accuracy, and by category and l2-category. */
export function yesNoReport(rows: readonly ReportRow[]): Metrics {
  const metrics: Metrics = { Overall: percent(rows) };
  for (const column of ['category', 'l2-category']) {
    for (const value of valuesOf(rows, column)) metrics[value] = percent(rowsWith(rows, column, value));
  }
  return metrics;
}

const MME_PARTS: Readonly<Record<'perception' | 'reasoning', readonly string[]>> = {
  perception: ['OCR', 'artwork', 'celebrity', 'color', 'count', 'existence', 'landmark', 'position', 'posters', 'scene'],
  reasoning: ['code_reasoning', 'commonsense_reasoning', 'numerical_calculation', 'text_translation'],
};

/**
 * MME (Fu et al. 2023): a category's score is acc (right rows) plus acc+ (images with both their questions right), so at most 200;
 * `perception` and `reasoning` are sums over their categories. An image with one question asked has no acc+.
 */
export function mmeReport(rows: readonly ReportRow[]): Metrics {
  const scores: Metrics = {};
  const details: Metrics = {};
  for (const category of valuesOf(rows, 'category')) {
    const subset = rowsWith(rows, 'category', category);
    const images = [...grouped(subset, (row) => row.fields['image_path'] ?? row.index).values()];
    const plus = images.flatMap(([first, second]) => (first && second ? [first.reward * second.reward] : []));
    const accuracy = percent(subset);
    const both = 100 * mean(plus);
    scores[category] = accuracy + (Number.isNaN(both) ? 0 : both);
    details[metricName(category, 'acc')] = accuracy;
    details[metricName(category, 'acc+')] = both;
  }
  const sum = (categories: readonly string[]): number => categories.reduce((total, category) => total + (scores[category] ?? 0), 0);
  return { perception: sum(MME_PARTS.perception), reasoning: sum(MME_PARTS.reasoning), ...scores, ...details };
}

/**
 * HallusionBench (Guan et al. 2023): aAcc over rows, fAcc over figures with all questions right, qAcc over questions with all figures right;
 * overall and by category and l2-category (`VD|aAcc`). Set, figure and question are parts of the index, between underscores.
 */
export function hallusionReport(rows: readonly ReportRow[]): Metrics {
  const metrics = hallusionScores(rows);
  for (const column of ['category', 'l2-category']) {
    for (const value of valuesOf(rows, column)) {
      for (const [name, score] of Object.entries(hallusionScores(rowsWith(rows, column, value)))) metrics[metricName(value, name)] = score;
    }
  }
  return metrics;
}

function hallusionScores(rows: readonly ReportRow[]): Metrics {
  const allRight = (part: number): number => {
    const groups = grouped(rows, ({ index, fields }) => {
      const parts = index.split('_');
      return `${fields['l2-category'] ?? 'nan'}_${parts[3] ?? ''}_${parts[part] ?? ''}`;
    });
    return 100 * mean([...groups.values()].map((group) => (group.every(({ reward }) => reward === 1) ? 1 : 0)));
  };
  return { aAcc: percent(rows), fAcc: allRight(4), qAcc: allRight(5) };
}

interface Confusion {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Yes is the positive class, and an unknown answer a negative one; fractions, 0 where a ratio has nothing below its line. */
function confusion(rows: readonly ReportRow[]): Confusion {
  const count = (expected: boolean, extracted: boolean): number =>
    rows.filter((row) => (row.expected === 'Yes') === expected && (row.extracted === 'Yes') === extracted).length;
  const truePositives = count(true, true);
  const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const precision = ratio(truePositives, truePositives + count(false, true));
  const recall = ratio(truePositives, truePositives + count(true, false));
  return { precision, recall, f1: ratio(2 * precision * recall, precision + recall) };
}

/**
 * POPE (Li et al. 2023): F1 (which VLMEvalKit calls Overall), accuracy, precision and recall, over all rows and by category
 * (`random|Overall`). A row of several categories, separated by commas, counts once for each, also over all.
 */
export function popeReport(rows: readonly ReportRow[]): Metrics {
  const exploded = rows.flatMap((row) => {
    const category = row.fields['category'];
    return category === undefined ? [row] : category.split(',').map((one) => ({ ...row, fields: { ...row.fields, category: one } }));
  });
  const scores = (subset: readonly ReportRow[]): Metrics => {
    const { f1, precision, recall } = confusion(subset);
    return { Overall: 100 * f1, acc: percent(subset), precision: 100 * precision, recall: 100 * recall };
  };
  const metrics: Metrics = { ...scores(exploded), F1: 100 * confusion(exploded).f1 };
  for (const category of valuesOf(exploded, 'category')) {
    for (const [name, score] of Object.entries(scores(rowsWith(exploded, 'category', category))))
      metrics[metricName(category, name)] = score;
  }
  return metrics;
}

/** VSR: precision, recall and accuracy in percent, F1 as a fraction, as VLMEvalKit has them. */
export function vsrReport(rows: readonly ReportRow[]): Metrics {
  const { precision, recall, f1 } = confusion(rows);
  return { precision: 100 * precision, recall: 100 * recall, acc: percent(rows), f1_score: f1 };
}

const AMBER_GROUPS: Readonly<Record<string, string>> = {
  'discriminative-attribute-state': 'Attribute',
  'discriminative-attribute-number': 'Attribute',
  'discriminative-attribute-action': 'Attribute',
  'discriminative-hallucination': 'Existence',
  'discriminative-relation': 'Relation',
  relation: 'Relation',
};

/** AMBER (Wang et al. 2023): accuracy by kind of hallucination, and the mean over the kinds (`Avg ACC`). */
export function amberReport(rows: readonly ReportRow[]): Metrics {
  const groups = grouped(rows, ({ fields }) => {
    const category = fields['category'] ?? 'nan';
    return Object.hasOwn(AMBER_GROUPS, category) ? (AMBER_GROUPS[category] ?? category) : category;
  });
  const metrics: Metrics = {};
  for (const [name, subset] of groups) metrics[name] = percent(subset);
  return { ...metrics, 'Avg ACC': mean(Object.values(metrics)) };
}
