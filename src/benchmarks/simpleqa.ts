/** The built-in benchmark simpleqa: 4,326 short questions of fact with one answer each, graded by a judge. */

import type { Benchmark, Row, Scorer, ScorerResult, ScoreSummary } from '../core/benchmark.js';
import { isEmptyAnswer, isRefusal } from '../core/scoring/failure.js';
import { judgeLabels } from '../core/scoring/judge.js';
import { defineBenchmark } from './define.js';

const REVISION = 'e319282ab125c3dbd0c7fd00be2e4dd54e7e8f94';

const CORRECT = 'CORRECT';
const INCORRECT = 'INCORRECT';
const NOT_ATTEMPTED = 'NOT_ATTEMPTED';

/**
 * Paper: Wei et al. 2024, Measuring short-form factuality in large language models, arXiv:2411.04368.
 * Data: OpenAI's simple_qa_test_set.csv (MIT), as mirrored by basicv8vc/SimpleQA. Categories are the topics.
 * Rule: a judge says whether the answer is correct, incorrect or not attempted, in our words, by the paper's definitions; an empty
 * answer is not attempted without asking. The reward is 1 for correct; `accuracy_given_attempted` and `f1` (the harmonic mean of it and
 * the share of correct answers, the paper's headline) are in the bundle's scores.
 * Prompt: the question, as it is. The config names the judge: `metrics: [{type: judge, service: NAME}]`.
 */
export const simpleqaBenchmark: Benchmark = defineBenchmark({
  name: 'simpleqa',
  description: 'Short questions of fact (4,326), graded by a judge',
  dataset: `hf://basicv8vc/SimpleQA/simple_qa_test_set.csv?revision=${REVISION}`,
  localPath: 'simpleqa/simple_qa_test_set.csv',
  requiredFields: ['problem', 'answer'],
  prompt: '{problem}',
  targetField: 'answer',
  category: topicOf,
  scorer: attempts(
    judgeLabels({
      name: 'simpleqa',
      task:
        'You judge whether an answer to a question of fact agrees with the right answer. ' +
        'Only the facts count: wording, language, case, punctuation and further true details do not. ' +
        'Numbers have to agree to the last digit that the right answer gives; a full name is not asked for where the last name says who is meant. ' +
        'What the question already says need not be repeated.',
      labels: [
        { label: CORRECT, reward: 1, meaning: 'states the right answer completely and says nothing that contradicts it' },
        {
          label: INCORRECT,
          reward: 0,
          meaning: 'states something that contradicts the right answer, also when it hedges or gives several answers',
        },
        { label: NOT_ATTEMPTED, reward: 0, meaning: 'leaves the right answer out, wholly or in part, and contradicts nothing' },
      ],
    }),
  ),
  createSummary: attemptedSummary,
  about: {
    paper: 'Wei et al. 2024, arXiv:2411.04368',
    licence: 'MIT',
    rule: 'a judge: correct, incorrect or not attempted; f1 and accuracy_given_attempted beside the share of correct answers',
    target: 'field answer',
    categories: 'topic in the field metadata: 10 topics',
  },
});

/** The judge's scorer, but for answers that need no judge to be seen as not attempted; a refusal that it labels so is one. */
function attempts(judged: Scorer): Scorer {
  return {
    ...judged,
    async score(input, tools): Promise<ScorerResult> {
      if (isEmptyAnswer(input.response)) {
        const details = { is_correct: 0, is_incorrect: 0, is_not_attempted: 1 };
        return { reward: 0, extracted: NOT_ATTEMPTED, details, failure: 'empty_response' };
      }
      const result = await judged.score(input, tools);
      return result.extracted === NOT_ATTEMPTED && isRefusal(input.response) ? { ...result, failure: 'refusal' } : result;
    },
  };
}

/** The paper's two summary numbers, over all samples: errors count as not attempted. */
function attemptedSummary(): ScoreSummary {
  let samples = 0;
  let attempted = 0;
  let correct = 0;
  return {
    add({ extracted_answer, status }) {
      samples++;
      if (status === 'error' || extracted_answer === NOT_ATTEMPTED) return;
      attempted++;
      if (extracted_answer === CORRECT) correct++;
    },
    scores() {
      const overall = samples === 0 ? 0 : correct / samples;
      const given = attempted === 0 ? 0 : correct / attempted;
      const f1 = overall + given === 0 ? 0 : (2 * overall * given) / (overall + given);
      return { accuracy_given_attempted: given, f1 };
    },
  };
}

/** The CSV holds a Python dictionary as text. */
function topicOf({ metadata }: Row): string | null {
  return typeof metadata === 'string' ? (/'topic': '([^']{1,100})'/.exec(metadata)?.[1] ?? null) : null;
}
