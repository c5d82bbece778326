/** Builds an answer that follows all instructions of an IFEval row: what the self-test solver answers, which must score 1. */

import type { Row } from '../../benchmark.js';
import { NelError } from '../../errors.js';
import { checkInstruction } from './check.js';
import type { Wishes } from './ideal-wishes.js';
import { wishesOf } from './ideal-wishes.js';
import { instructionsOf } from './instructions.js';
import { countWords } from './python-text.js';
import { countSentences } from './sentences.js';

/** Words, sentences and parts are added until there are enough; each round counts what the last one built. */
const ROUNDS = 4;

/** How many words the plain part of an answer has where nothing forbids it. */
const PLAIN_WORDS = [8, 3, 1] as const;

/**
 * An answer that every instruction of the row accepts strictly: plain words, with what the instructions ask for put in. It is
 * checked by the same rules as any answer before it is returned.
 *
 * @throws NelError (data) naming the instruction that could not be followed together with the others, or the row's mistake.
 */
export function idealIfevalAnswer(row: Row): string {
  const instructions = instructionsOf(row);
  const wishes = wishesOf(instructions);
  let refused = '';
  for (const plainWords of PLAIN_WORDS) {
    const response = fitting(wishes, plainWords);
    const broken = instructions.find((instruction) => !checkInstruction({ ...instruction, response }));
    if (broken === undefined) return response;
    refused = broken.instructionId;
  }
  throw new NelError('data', `no answer could be built that follows ${refused} together with the row's other instructions`, {
    hint: 'a self-test needs an answer for every row: leave this row out, or replay an answer written by hand',
  });
}

function fitting(wishes: Wishes, plainWords: number): string {
  let amounts = { words: plainWords, sentences: 0 };
  let answer = assemble(wishes, amounts);
  for (let round = 0; round < ROUNDS; round++) {
    const words = Math.max(0, wishes.leastWords - countWords(answer));
    const sentences = Math.max(0, wishes.leastSentences - countSentences(answer));
    if (words === 0 && sentences === 0) break;
    amounts = { words: amounts.words + words, sentences: amounts.sentences + sentences };
    answer = assemble(wishes, amounts);
  }
  return answer;
}

interface Amounts {
  /** Words of plain text. */
  readonly words: number;
  /** Sentences of one word each after it. */
  readonly sentences: number;
}

/** From the inside out: the plain text with what stands within lines, whole lines, paragraphs, the end, and what concerns the whole. */
function assemble(wishes: Wishes, amounts: Amounts): string {
  const body = paragraphs(wishes, lines(wishes, amounts).join('\n'));
  const twice = wishes.twoResponses ? `${body}\n******\n${wishes.filler(2)} ${wishes.filler(1)}` : body;
  const end = [...wishes.postscripts.map((marker) => `${marker} ${wishes.filler(1)}`), ...wishes.endings];
  const whole = inCase(wishes, [...wishes.prompts, twice, ...end].join('\n'));
  if (wishes.json) return JSON.stringify(wishes.quoted ? whole : { answer: whole });
  return wishes.quoted ? `"${whole}"` : whole;
}

/** No line begins with an asterisk: it would be a bullet point. */
function lines(wishes: Wishes, amounts: Amounts): string[] {
  const word = wishes.filler(1);
  const sentences = Array.from({ length: amounts.sentences }, () => `${word}.`);
  return [
    ...(wishes.title ? [`<<${word}>>`] : []),
    ...wishes.fixedAnswers,
    [wishes.filler(amounts.words), ...wishes.inline(word)].join(' '),
    ...(sentences.length === 0 ? [] : [sentences.join(' ')]),
    ...Array.from({ length: wishes.bullets }, () => `- ${word}`),
    ...wishes.sections.flatMap(({ name, count }) => Array.from({ length: count }, (_, i) => `${name} ${i + 1}\n${word}`)),
  ];
}

function paragraphs(wishes: Wishes, body: string): string {
  const word = wishes.filler(1);
  const { opening } = wishes;
  if (opening !== undefined) {
    const parts = Array.from({ length: opening.count }, (_, i) => (i === 0 ? body : word));
    return parts.map((part, i) => (i === opening.nth - 1 ? `${opening.word} ${part}` : part)).join('\n\n');
  }
  return [body, ...Array.from({ length: wishes.paragraphs - 1 }, () => word)].join('\n***\n');
}

function inCase(wishes: Wishes, text: string): string {
  if (wishes.letterCase === 'upper') return text.toUpperCase();
  return wishes.letterCase === 'lower' ? text.toLowerCase() : text;
}
