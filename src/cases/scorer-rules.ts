/** How each scorer of the case files is called, what its reference would say, and where we differ from that on purpose, with the reason. */

import type { Scorer, ScorerResult } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { aliasMatch, matchesAlias, shortAnswer } from '../core/scoring/alias-match.js';
import { bestDropMetrics, type DropMetrics, dropMetrics } from '../core/scoring/drop.js';
import { extractCode } from '../core/scoring/extract-code.js';
import { isEmptyAnswer } from '../core/scoring/failure.js';
import { gpqaLetter } from '../core/scoring/gpqa.js';
import { gsm8k } from '../core/scoring/gsm8k.js';
import { checkInstruction, checkInstructionLoose } from '../core/scoring/ifeval/check.js';
import { lastBoxed, unboxed } from '../core/scoring/math/boxed.js';
import { mathEquivalent } from '../core/scoring/math/equivalence.js';
import { parseMgsmAnswer, sameMgsmAnswer } from '../core/scoring/mgsm.js';
import { mmluLetter } from '../core/scoring/mmlu.js';
import { mmluPro } from '../core/scoring/mmlu-pro.js';
import { pythonStrip, withoutPunctuation } from '../core/scoring/python-text.js';
import { bestTokenF1 } from '../core/scoring/token-f1.js';
import { passAtK } from '../core/stats/pass-at-k.js';
import { MATH_DIFFERENCES } from './math-differences.js';

export interface ScorerCase {
  readonly input: unknown;
  readonly gold: unknown;
  readonly expected: unknown;
  readonly [extra: string]: unknown;
}

/** A rule of ours that is not the reference's. A case counts as passed under it only where the reference's own rule gives what is expected. */
export interface Difference {
  readonly reason: string;
  readonly applies: (item: ScorerCase) => boolean;
  /** What the reference gives, in the form of `expected`. */
  readonly reference: (item: ScorerCase) => unknown;
}

export interface ScorerRule {
  /** What our scorer gives, in the form of `expected`. */
  readonly run: (item: ScorerCase) => unknown;
  readonly differences?: readonly Difference[];
}

/** By the name in a file's `scorer`, in lower case and with hyphens. */
export const SCORER_RULES: ReadonlyMap<string, ScorerRule> = new Map<string, ScorerRule>([
  ['drop', dropRule()],
  ['gpqa', letterRule(gpqaLetter)],
  ['mmlu', letterRule(mmluLetter)],
  ['mmlu-pro', { run: (item) => letterOf(mmluPro(), item) }],
  ['gsm8k-flexible', gsm8kRule(gsm8k(), flexibleReference)],
  ['gsm8k-strict', gsm8kRule(gsm8k({ strict: true }), strictReference)],
  ['humaneval-extract-code', extractCodeRule()],
  ['ifeval', { run: ifevalOf }],
  ['math-boxed', { run: ({ input }) => ({ last_boxed_only_string: lastBoxed(text(input)), remove_boxed: unboxed(text(input)) }) }],
  [
    'math-equivalence',
    { run: ({ input, gold }) => texts(gold).some((one) => mathEquivalent(text(input), one)), differences: MATH_DIFFERENCES },
  ],
  ['mgsm', mgsmRule()],
  ['pass-at-k', { run: passAtKOf }],
  ['squad', { run: (item) => bestTokenF1(text(item.input), texts(item.gold)) }],
  ['triviaqa', triviaqaRule()],
]);

/** Data sets hold numbers where texts are meant, and nothing where there is no answer or no target. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  throw new NelError('data', `expected a text, found ${JSON.stringify(value)}`);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(text) : [text(value)];
}

/** The scorers of these cases answer at once. */
function score(scorer: Scorer, response: string, target: string): ScorerResult {
  return scorer.score({ response, target, row: {} }) as ScorerResult;
}

// --- drop

function dropRule(): ScorerRule {
  const golds = ({ gold }: ScorerCase): readonly (readonly string[])[] =>
    Array.isArray(gold) && gold.some(Array.isArray) ? gold.map(texts) : [texts(gold)];
  const isBlank = (item: ScorerCase): boolean => texts(item.input).every(isEmptyAnswer);
  return {
    run: (item) => (isBlank(item) ? { em: 0, f1: 0 } : bestDropMetrics(texts(item.input), golds(item))),
    differences: [
      {
        reason:
          'an answer without visible characters, or a right answer without any, never passes: the reference lets nothing equal nothing',
        applies: (item) => isBlank(item) || golds(item).some(([first = '']) => isEmptyAnswer(first) || pythonStrip(first) === ''),
        reference: (item) => best(golds(item).map((gold) => dropMetrics(texts(item.input), gold))),
      },
    ],
  };
}

function best(metrics: readonly DropMetrics[]): DropMetrics {
  return { em: Math.max(...metrics.map(({ em }) => em)), f1: Math.max(...metrics.map(({ f1 }) => f1)) };
}

// --- letters

function letterRule(letter: (response: string) => string | null): ScorerRule {
  return { run: ({ input, gold }) => withScore(letter(text(input)), gold) };
}

function letterOf(scorer: Scorer, { input, gold }: ScorerCase): unknown {
  return withScore(score(scorer, text(input), '').extracted, gold);
}

function withScore(extracted: string | null, gold: unknown): unknown {
  return typeof gold === 'string' ? { extracted, score: extracted === gold ? 1 : 0 } : { extracted };
}

// --- gsm8k

const INVALID = '[invalid]';

function gsm8kRule(scorer: Scorer, reference: (response: string) => string): ScorerRule {
  const run = ({ input, gold }: ScorerCase): unknown => {
    const { extracted, reward } = score(scorer, text(input), text(gold));
    return { extracted: extracted ?? INVALID, exact_match: reward };
  };
  const theirs = ({ input, gold }: ScorerCase): unknown => {
    const extracted = reference(text(input));
    return { extracted, exact_match: harnessPlain(extracted) === harnessPlain(text(gold)) ? 1 : 0 };
  };
  return {
    run,
    differences: [
      {
        reason: 'a number has a digit: the reference takes a run of "$", "." and "," for one, and so loses the number before an ellipsis',
        applies: ({ input }) => !/\d/.test(reference(text(input))) && reference(text(input)) !== INVALID,
        reference: theirs,
      },
    ],
  };
}

/** The last match of the flexible filter. */
function flexibleReference(response: string): string {
  return response.match(/-?[$0-9.,]{2,}|-?[0-9]+/g)?.at(-1) ?? INVALID;
}

function strictReference(response: string): string {
  return /#### (-?[0-9.,]+)/.exec(response)?.[1] ?? INVALID;
}

/** The texts that the harness's exact_match ignores for this task, taken out in its order. */
function harnessPlain(value: string): string {
  const plain = value.replace(/[,$]/g, '');
  return plain
    .slice(plain.includes('#### ') ? plain.lastIndexOf('#### ') + 5 : 0)
    .replace(/\.(?=\n?$)/, '')
    .toLowerCase();
}

// --- code

function extractCodeRule(): ScorerRule {
  const reference = ({ input }: ScorerCase): string => extractCode(text(input), { rule: 'reference' });
  return {
    run: ({ input }) => extractCode(text(input)),
    differences: [
      {
        reason:
          'fences are read as Markdown has them: the reference does not see ```Python, ```py or a block that is cut off, takes the fence ' +
          'that closes a block of another language for one that opens, and prefers an earlier block of another language to the Python one',
        applies: ({ input }) => text(input).includes('```'),
        reference,
      },
    ],
  };
}

// --- ifeval

function ifevalOf({ input }: ScorerCase): unknown {
  if (!isJsonObject(input)) throw new NelError('data', 'input must have instruction_id, kwargs and response');
  const { instruction_id, kwargs, response } = input;
  const check = { instructionId: text(instruction_id), kwargs: isJsonObject(kwargs) ? kwargs : {}, response: text(response) };
  return { strict: checkInstruction(check), loose: checkInstructionLoose(check) };
}

// --- mgsm

function mgsmRule(): ScorerRule {
  const parse = ({ input, prefix }: ScorerCase): string => parseMgsmAnswer(text(input), text(prefix) === '' ? 'Answer' : text(prefix));
  return {
    run: (item) => {
      const parsed = parse(item);
      return { parsed, score: parsed !== '' && sameMgsmAnswer(parsed, text(item.gold)) };
    },
    differences: [
      {
        reason: 'nothing is no answer, also where the target is empty',
        applies: (item) => parse(item) === '',
        reference: (item) => ({ parsed: '', score: sameMgsmAnswer('', text(item.gold)) }),
      },
    ],
  };
}

// --- pass@k

/** Where there is no estimate we return null, or refuse the numbers, and the reference raises: all mean that there is none. */
function passAtKOf({ input, expected }: ScorerCase): unknown {
  if (!isJsonObject(input)) throw new NelError('data', 'input must have n, c and k');
  const { n, c, k } = input;
  const raises = typeof expected === 'string' && expected.startsWith('ValueError');
  try {
    const value = passAtK({ n: Number(n), c: Number(c), k: Number(k) });
    return value === null && raises ? expected : value;
  } catch (error) {
    if (raises) return expected;
    throw error;
  }
}

// --- triviaqa

function triviaqaRule(): ScorerRule {
  const run = ({ input, gold }: ScorerCase): unknown => ({
    extracted: shortAnswer(text(input)),
    exact_match: score(aliasMatch(), text(input), JSON.stringify(texts(gold))).reward,
  });
  const theirs = ({ input, gold }: ScorerCase): unknown => {
    const extracted = shortAnswer(text(input));
    return { extracted, exact_match: matchesAlias(extracted, texts(gold)) ? 1 : 0 };
  };
  return {
    run,
    differences: [
      {
        reason: 'nothing is no answer: the reference takes it for an alias that is all punctuation',
        applies: ({ input }) => shortAnswer(text(input)) === '',
        reference: theirs,
      },
      {
        reason:
          'İ in lower case is two characters, and NumPy, which the reference compares with, cuts what no longer fits: here nothing is cut',
        applies: ({ input, gold }) => [text(input), ...texts(gold)].some((value) => value.includes('İ')),
        reference: ({ input, gold }) => {
          const extracted = shortAnswer(text(input));
          const longest = Math.max(...texts(gold).map((alias) => [...alias].length));
          const wanted = cutLower(extracted, [...extracted].length);
          return { extracted, exact_match: texts(gold).some((alias) => cutLower(alias, longest) === wanted) ? 1 : 0 };
        },
      },
    ],
  };
}

/** Lower case within a fixed number of code points, then without punctuation. */
function cutLower(value: string, width: number): string {
  return withoutPunctuation([...value.toLowerCase()].slice(0, width).join(''));
}
