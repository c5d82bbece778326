/**
 * The two practice models: programs that read the question out of a prompt and solve it, and err on purpose. The same question with
 * the same seed always gets the same answer. They are no language models and are named so that nobody takes them for any.
 */

import { solveArithmetic } from './arithmetic.js';
import { answerFact } from './facts.js';
import { between, pick, share } from './random.js';
import { solveUnits } from './units.js';

export const PRACTICE_MODELS = ['practice-large', 'practice-small'] as const;

export type PracticeModel = (typeof PRACTICE_MODELS)[number];

export interface PracticeAnswer {
  readonly content: string;
  /** The large one shows its working; null from the small one. */
  readonly reasoning: string | null;
}

/** Shares of the questions that go wrong, by how; 0 to 1. */
interface ErrorRates {
  readonly wrong: number;
  readonly noAnswer: number;
  readonly refusal: number;
}

const ERROR_RATES: Readonly<Record<PracticeModel, ErrorRates>> = {
  'practice-large': { wrong: 0.085, noAnswer: 0.025, refusal: 0.01 },
  'practice-small': { wrong: 0.14, noAnswer: 0.045, refusal: 0.015 },
};

/** Chosen so that on each benchmark the models come near their rates: with so few problems mere luck could turn them round. */
const LUCK = 203;

/** A question as it was understood, and how its answer is written. */
interface Understood {
  readonly question: string;
  readonly right: string;
  wrong(key: string): string;
  write(answer: string): string;
}

export function isPracticeModel(name: unknown): name is PracticeModel {
  return PRACTICE_MODELS.some((model) => model === name);
}

/**
 * @param prompt the last message of the user, or the whole prompt
 * @param seed of the request; null for none. Another seed, another chance to err.
 */
export function practiceAnswer(model: PracticeModel, prompt: string, seed: number | null): PracticeAnswer {
  const understood = understand(prompt);
  if (understood === null) {
    const content = 'This is not a question that a practice model knows. Try one of the practice benchmarks.';
    return { content, reasoning: null };
  }
  const { question, right } = understood;
  const key = `${LUCK} ${model}\n${question}\n${seed ?? ''}`;
  const reasoning = model === 'practice-large' ? `The question is: ${question} I work it out.` : null;
  const { wrong, noAnswer, refusal } = ERROR_RATES[model];
  const luck = share(key);
  if (luck >= 1 - refusal) return { content: "I'm sorry, but I can't help with that.", reasoning };
  if (luck >= 1 - refusal - noAnswer) return { content: pick(NO_ANSWERS, `${key} words`), reasoning };
  const answer = luck < wrong ? understood.wrong(key) : right;
  return { content: `${pick(OPENINGS, `${key} opening`)}\n${understood.write(answer)}`, reasoning };
}

const OPENINGS = ['Let me work this out.', 'Reading the question carefully gives the result.', 'Step by step, this is not hard.'];

/** No number and no letter in any of them: nothing can be taken for an answer. */
const NO_ANSWERS = [
  'This needs some thought. There are several ways to look at it, and each has something to be said for it.',
  'The result follows directly from the question.',
  'Let me think about this again, as the first idea did not lead to anything.',
];

function understand(prompt: string): Understood | null {
  const question = questionOf(prompt);
  const arithmetic = solveArithmetic(question);
  if (arithmetic !== null) return numeric(question, arithmetic, (answer) => `The answer is ${answer}.`);
  const units = solveUnits(question);
  if (units !== null) return numeric(question, units, (answer) => `Answer: ${answer}`);
  const options = new Map(Array.from(prompt.matchAll(/^([A-D])\. (.+)$/gm), ([, letter = '', text = '']) => [letter, text.trim()]));
  const letter = answerFact(question, options);
  if (letter === null) return null;
  const others = [...options.keys()].filter((other) => other !== letter);
  return {
    question,
    right: letter,
    wrong: (key) => pick(others, `${key} letter`),
    write: (answer) => `The answer is (${answer}).`,
  };
}

/** The line behind the last `Problem:` or `Question:`; earlier ones are examples. */
function questionOf(prompt: string): string {
  const lines = Array.from(prompt.matchAll(/^(?:Problem|Question): *(.+)$/gm), ([, line = '']) => line.trim());
  return lines.at(-1) ?? prompt.trim();
}

function numeric(question: string, value: number, write: (answer: string) => string): Understood {
  return {
    question,
    right: String(value),
    // Ten times too much, or a slip of a few: never the value itself.
    wrong: (key) => String(share(`${key} slip`) < 0.3 && value !== 0 ? value * 10 : value + between(1, 9, `${key} by`)),
    write,
  };
}
