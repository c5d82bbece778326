/** One answer to one row of a VLMEvalKit data set judged by the data set's rule. */

import type { ScorerResult } from '../benchmark.js';
import { isEmptyAnswer, nothingExtracted } from '../scoring/failure.js';
import { rougeL } from '../scoring/vlm/caption.js';
import { inferChoice } from '../scoring/vlm/choice.js';
import { type LineMethod, lineScore, matchLine, methodOf } from '../scoring/vlm/line.js';
import { afterAnswerLine } from '../scoring/vlm/mmmu-pro.js';
import { containsAnswer } from '../scoring/vlm/ocrbench.js';
import { answerList } from '../scoring/vlm/python-literal.js';
import { strip } from '../scoring/vlm/python-text.js';
import { extractYesNo } from '../scoring/vlm/yes-no.js';
import type { VlmKind } from './kinds.js';
import { type Cells, optionsOf } from './prompts.js';

/** What pandas writes for a missing answer; nothing that a model says equals it but the word. */
const MISSING = 'nan';

export interface RowScorer {
  /** The row's answer as results carry it. */
  expected(cells: Cells): string;
  score(cells: Cells, response: string): ScorerResult;
  /** An answer that earns the most that can be had. */
  ideal(cells: Cells): string;
}

/**
 * @param dataset the name that tells which rule of `line` is meant
 * @param method overrides that rule: a data set of one's own has no telling name
 */
export function rowScorer(kind: VlmKind, dataset: string, method: LineMethod | null = null): RowScorer {
  const rule = ruleOf(kind, dataset, method);
  return {
    ...rule,
    score: (cells, response) => (isEmptyAnswer(response) ? nothingExtracted(response) : rule.score(cells, response)),
  };
}

function ruleOf(kind: VlmKind, dataset: string, method: LineMethod | null): RowScorer {
  const answer = (cells: Cells): string => cells.get(kind.answerColumn) ?? MISSING;
  switch (kind.scoring) {
    case 'choice':
    case 'choice_cot':
      return choiceRule(kind, answer);
    case 'yes_no':
    case 'yes_no_any_case':
      return yesNoRule(kind, answer);
    case 'line':
      return lineRule(answer, dataset, method ?? methodOf(dataset));
    case 'ocrbench':
      return containedRule(answer, (cells, response) => containsAnswer(answer(cells), response, cells.get('category') ?? ''));
    case 'contains': {
      const form = (text: string): string => strip(text).toLowerCase().replaceAll('.', '');
      return containedRule(answer, (cells, response) => form(response).includes(form(answer(cells))));
    }
    case 'caption':
      return captionRule(answer);
  }
}

/** Of MMMU: an open row is a choice between its answer and anything else, and whatever is no letter is answered by A. */
function asChoice(cells: Cells, answer: string): { options: Record<string, string>; answer: string } {
  const options = { ...optionsOf(cells) };
  return {
    options: cells.has('A') ? options : { ...options, A: answer, B: 'Other Answers' },
    answer: /^[A-Z]$/.test(answer) ? answer : 'A',
  };
}

function choiceRule({ openRowsAsChoices, scoring }: VlmKind, answerOf: (cells: Cells) => string): RowScorer {
  const read = (cells: Cells): { options: Record<string, string>; answer: string } =>
    openRowsAsChoices ? asChoice(cells, answerOf(cells)) : { options: { ...optionsOf(cells) }, answer: answerOf(cells) };
  return {
    expected: (cells) => read(cells).answer,
    ideal: (cells) => read(cells).answer,
    score(cells, response) {
      const { options, answer } = read(cells);
      const extracted = inferChoice(scoring === 'choice_cot' ? afterAnswerLine(response) : response, options);
      return extracted === null ? nothingExtracted(response) : { reward: extracted === answer ? 1 : 0, extracted };
    },
  };
}

function yesNoRule({ scoring }: VlmKind, answer: (cells: Cells) => string): RowScorer {
  const form = scoring === 'yes_no_any_case' ? (text: string): string => text.toLowerCase() : (text: string): string => text;
  return {
    expected: answer,
    ideal: answer,
    score(cells, response) {
      const extracted = extractYesNo(response);
      return extracted === 'Unknown' ? nothingExtracted(response) : { reward: form(extracted) === form(answer(cells)) ? 1 : 0, extracted };
    },
  };
}

/** Stands for the name that `lineScore` looks at, where the method was chosen by hand. */
const NAME_OF_METHOD: Readonly<Record<LineMethod, string>> = {
  vqa_score: 'TextVQA',
  anls: 'DocVQA',
  relaxed_accuracy: 'ChartQA',
  accuracy: 'OCRVQA',
  normalised: '',
};

/** Beyond this product of lengths an edit distance is not worked out where the lengths alone say that it is too large. */
const LONG_DISTANCE = 10_000_000;

function lineRule(answer: (cells: Cells) => string, dataset: string, method: LineMethod): RowScorer {
  const name = methodOf(dataset) === method ? dataset : NAME_OF_METHOD[method];
  const scoreOf = (cell: string, response: string): { match: number[]; score: number } => {
    const tooLong = method === 'anls' && cell.length * response.length > LONG_DISTANCE && response.length > 4 * cell.length;
    const match = tooLong ? [1] : matchLine(cell, response, method);
    return { match, score: lineScore(match, name) };
  };
  return {
    expected: answer,
    ideal(cells) {
      const cell = answer(cells);
      let best = '';
      let most = -1;
      for (const candidate of new Set(answerList(cell) ?? [cell])) {
        const { score } = scoreOf(cell, candidate);
        if (score > most) [best, most] = [candidate, score];
      }
      return best;
    },
    score(cells, response) {
      const { match, score } = scoreOf(answer(cells), response);
      return { reward: score, extracted: strip(response), details: { match } };
    },
  };
}

function containedRule(answer: (cells: Cells) => string, contains: (cells: Cells, response: string) => boolean): RowScorer {
  return {
    expected: answer,
    ideal: (cells) => firstAnswer(answer(cells)),
    score: (cells, response) => ({ reward: contains(cells, response) ? 1 : 0, extracted: strip(response) }),
  };
}

function firstAnswer(cell: string): string {
  return answerList(cell)?.[0] ?? cell;
}

/** VLMEvalKit scores captions all together; a row's own reward is its ROUGE-L, so that rows can be compared. */
function captionRule(answer: (cells: Cells) => string): RowScorer {
  return {
    expected: answer,
    ideal: (cells) => firstAnswer(answer(cells)),
    score(cells, response) {
      const cell = answer(cells);
      return { reward: rougeL({ caption: response, references: answerList(cell) ?? [cell] }), extracted: response };
    },
  };
}
