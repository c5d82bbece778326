/** One row of a VQA data set judged: how well the prediction matches each answer, and the row's score. `process_line` and `hit_calculate` of VLMEvalKit. */

import { answerDistance } from './anls.js';
import { answerList } from './python-literal.js';
import { strip } from './python-text.js';
import { relaxedCorrect } from './relaxed.js';
import { leaveOneOut, normaliseAnswer } from './vqa.js';

/**
 * - `vqa_score`: agreement with people's answers, each left out once
 * - `anls`: distance to each answer (0 is equal)
 * - `relaxed_accuracy`: numbers within 5%
 * - `accuracy`: equal up to case
 * - `normalised`: equal after VQA normalisation (what the reference does for any other name)
 */
export type LineMethod = 'vqa_score' | 'anls' | 'relaxed_accuracy' | 'accuracy' | 'normalised';

const NAMED = new Set<string>(['vqa_score', 'anls', 'relaxed_accuracy', 'accuracy']);

/** The method of a name in the reference. */
export function lineMethod(name: string): LineMethod {
  return NAMED.has(name) ? (name as LineMethod) : 'normalised';
}

/** How the prediction matches each of the answers; the cell is one answer, or a Python list of them. */
export function matchLine(answerCell: string, prediction: string, method: LineMethod): number[] {
  const answers = answerList(answerCell) ?? [answerCell];
  switch (method) {
    case 'vqa_score':
      return leaveOneOut(answers.map(normaliseAnswer), normaliseAnswer(prediction));
    case 'anls':
      return answers.map((answer) => answerDistance(answer, prediction));
    case 'relaxed_accuracy': {
      const given = strip(prediction);
      return answers.map((answer) => (relaxedCorrect(answer, given) ? 1 : 0));
    }
    case 'accuracy': {
      const given = strip(prediction).toLowerCase();
      return answers.map((answer) => (strip(answer).toLowerCase() === given ? 1 : 0));
    }
    case 'normalised': {
      const given = normaliseAnswer(prediction);
      return answers.map((answer) => (normaliseAnswer(answer) === given ? 1 : 0));
    }
  }
}

/** ANLS below this is no answer at all. */
const ANLS_THRESHOLD = 0.5;

/** The row's score, by what the data set's name holds. No answers: 0. */
export function lineScore(match: readonly number[], dataset: string): number {
  if (match.length === 0) return 0;
  const mean = match.reduce((sum, value) => sum + value, 0) / match.length;
  if (dataset.includes('TextVQA')) return mean;
  if (/DocVQA|InfoVQA/.test(dataset)) {
    const similarity = 1 - Math.min(...match);
    return similarity < ANLS_THRESHOLD ? 0 : similarity;
  }
  return /ChartQA|OCRVQA/.test(dataset) ? Math.max(...match) : mean;
}

/** Which method the reference uses for a data set. */
export function methodOf(dataset: string): LineMethod {
  if (dataset.includes('TextVQA')) return 'vqa_score';
  if (dataset.includes('ChartQA')) return 'relaxed_accuracy';
  if (/OCRVQA|GQA/.test(dataset)) return 'accuracy';
  if (/DocVQA|InfoVQA/.test(dataset)) return 'anls';
  return 'vqa_score';
}
