/** The built-in benchmark triviaqa: 17,944 trivia questions without documents, answered from memory. */

import type { Benchmark, Row } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { aliasMatch } from '../core/scoring/alias-match.js';
import { onAnswerLine } from '../core/scoring/on-answer-line.js';
import { targetOf } from '../core/scoring/targets.js';
import { fieldText } from '../core/template.js';
import { defineParametrized } from './define.js';

const REVISION = '0f7faf33a3908546c6fd5b73a660e0f8ff173c2f';
const DATASET = `hf://mandarjoshi/trivia_qa?config=rc.nocontext`;

/**
 * Paper: Joshi et al. 2017, TriviaQA: A Large Scale Distantly Supervised Challenge Dataset for Reading Comprehension, arXiv:1705.03551.
 * Data: mandarjoshi/trivia_qa, config `rc.nocontext`, split `validation` (Apache-2.0). The target holds all aliases.
 * Rule: the first line of the answer, up to a period or comma, is one of the aliases up to case and punctuation, as
 * lm-evaluation-harness (src/core/scoring/alias-match.ts).
 * Prompt: closed book, in our words; zero-shot, or the first questions of the training split.
 */
export const triviaqaBenchmark: Benchmark = defineParametrized(
  { shots: { type: 'integer', default: 0, min: 0, max: 10, description: 'questions with answers before each question' } },
  ({ shots }) => ({
    name: 'triviaqa',
    description: 'Trivia questions from memory (17,944), match with any alias',
    dataset: `${DATASET}&split=validation&revision=${REVISION}`,
    localPath: 'triviaqa/validation.jsonl',
    requiredFields: ['question', 'answer'],
    prompt: (row) => `Answer the question with a name, a number or a few words, and nothing else.\n\n${questionOf(row)}`,
    target: (row) => targetOf(aliasesOf(row)),
    metadataFields: ['question_id'],
    scorer: onAnswerLine(aliasMatch()),
    about: {
      paper: 'Joshi et al. 2017, arXiv:1705.03551',
      licence: 'Apache-2.0',
      rule: 'first line up to a period or comma is an alias, up to case and punctuation (as lm-evaluation-harness)',
      target: 'value and all aliases of the field answer',
      sample: { question: 'Which metal is liquid at room temperature?', answer: { value: 'Mercury', aliases: ['Mercury', 'Quicksilver'] } },
    },
    ...(shots === 0
      ? {}
      : {
          fewShot: {
            dataset: `${DATASET}&split=train&revision=${REVISION}`,
            localPath: 'triviaqa/train.jsonl',
            requiredFields: ['question', 'answer'],
            count: shots,
            turns: (row: Row) => ({ user: questionOf(row), assistant: aliasesOf(row)[0] as string }),
          },
        }),
  }),
);

function questionOf(row: Row): string {
  return `Question: ${fieldText(row, 'question')}`;
}

/** The main answer first. */
function aliasesOf({ answer }: Row): readonly string[] {
  const value = isJsonObject(answer) ? answer['value'] : undefined;
  const aliases: readonly unknown[] = isJsonObject(answer) && Array.isArray(answer['aliases']) ? answer['aliases'] : [];
  const all = [value, ...aliases].filter((alias): alias is string => typeof alias === 'string' && alias !== '');
  if (all.length === 0) throw new NelError('data', 'field "answer" has neither value nor aliases');
  return [...new Set(all)];
}
