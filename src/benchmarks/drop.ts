/** The built-in benchmark drop: questions over a passage that need counting, sorting and arithmetic (9,536). */

import type { Benchmark, Row } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { drop, dropTarget } from '../core/scoring/drop.js';
import { onAnswerLine } from '../core/scoring/on-answer-line.js';
import { fieldText } from '../core/template.js';
import { defineParametrized } from './define.js';

const REVISION = '619386fc7ffe6dace3cc6d3483c69b164ebf6bf3';

/**
 * Paper: Dua et al. 2019, DROP: A Reading Comprehension Benchmark Requiring Discrete Reasoning Over Paragraphs, arXiv:1903.00161.
 * Data: EleutherAI/drop, split `validation` (CC BY-SA 4.0). The target holds the answers of all annotators.
 * Rule: F1 over bags of words with numbers compared as numbers, best over the annotators, as the authors' script and
 * lm-evaluation-harness (src/core/scoring/drop.ts); the reward is F1, `em` stands beside it. An answer of several spans separates them by `;`.
 * Prompt: in our words; zero-shot, or problems of the training split.
 */
export const dropBenchmark: Benchmark = defineParametrized(
  {
    shots: { type: 'integer', default: 0, min: 0, max: 5, description: 'passages with question and answer before each problem' },
    cot: { type: 'boolean', default: true, description: 'ask for the reasoning before the answer' },
  },
  ({ shots, cot }) => ({
    name: 'drop',
    description: 'Reasoning over paragraphs (9,536), F1 and exact match',
    dataset: `hf://EleutherAI/drop?split=validation&revision=${REVISION}`,
    localPath: 'drop/validation.jsonl',
    requiredFields: ['passage', 'question', 'answer'],
    prompt: (row) =>
      `Read the passage and answer the question about it. ${cot ? 'Think it through first. ' : ''}` +
      'End with a line "Answer: " and the bare answer: a number, a date, or words of the passage. Separate several answers by "; ".\n\n' +
      questionOf(row),
    target: (row) => dropTarget(allAnswers(row)),
    metadataFields: ['query_id'],
    scorer: onAnswerLine(drop({ separator: ';' })),
    about: {
      paper: 'Dua et al. 2019, arXiv:1903.00161',
      licence: 'CC BY-SA 4.0',
      rule: 'F1 over bags of words, best over the annotators; em beside it (as lm-evaluation-harness)',
      target: "all annotators' answers: a number, a date, or spans of the passage",
      sample: {
        passage: 'The Reds won 21-14. Bell threw for two touchdowns, Ames ran for the third.',
        question: 'By how many points did the Reds win?',
        answer: { number: '7', date: { day: '', month: '', year: '' }, spans: [] },
      },
    },
    ...(shots === 0
      ? {}
      : {
          fewShot: {
            dataset: `hf://EleutherAI/drop?split=train&revision=${REVISION}`,
            localPath: 'drop/train.jsonl',
            requiredFields: ['passage', 'question', 'answer'],
            count: shots,
            turns: (row: Row) => ({ user: questionOf(row), assistant: `Answer: ${(allAnswers(row)[0] ?? []).join('; ')}` }),
          },
        }),
  }),
);

function questionOf(row: Row): string {
  return `Passage: ${fieldText(row, 'passage').trim()}\n\nQuestion: ${fieldText(row, 'question').trim()}`;
}

/** The first annotator's answer, then those of the others, each as its spans. */
function allAnswers(row: Row): readonly (readonly string[])[] {
  const { answer, validated_answers: validated } = row;
  const own = isJsonObject(answer) ? spansOf(answer) : [];
  if (own.length === 0) throw new NelError('data', 'field "answer" has neither number, spans nor date');
  return [
    own,
    ...validatedAnswers(validated)
      .map(spansOf)
      .filter((spans) => spans.length > 0),
  ];
}

/** The Hub's rows hold the other annotators' answers as columns, the authors' file as a list of objects. */
function validatedAnswers(value: unknown): Readonly<Record<string, unknown>>[] {
  if (Array.isArray(value)) return value.filter(isJsonObject);
  if (!isJsonObject(value)) return [];
  const { number, date, spans } = value;
  const length = Math.max(...[number, date, spans].map((column) => (Array.isArray(column) ? column.length : 0)));
  const at = (column: unknown, i: number): unknown => (Array.isArray(column) ? (column as unknown[])[i] : undefined);
  return Array.from({ length }, (_, i) => ({ number: at(number, i), date: at(date, i), spans: at(spans, i) }));
}

function spansOf({ number, spans, date }: Readonly<Record<string, unknown>>): readonly string[] {
  if (number !== undefined && number !== null && String(number) !== '') return [String(number)];
  if (Array.isArray(spans) && spans.length > 0) return spans.map(String);
  if (!isJsonObject(date)) return [];
  const text = [date['day'], date['month'], date['year']]
    .map((part) => String(part ?? '').trim())
    .join(' ')
    .trim();
  return text === '' ? [] : [text];
}
