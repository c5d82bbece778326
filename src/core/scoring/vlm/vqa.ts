/**
 * Normalisation and accuracy of visual question answering: answers as words without punctuation and articles, compared with what
 * people answered. Rule: Antol et al., VQA (2015), in the form that VLMEvalKit's vqa_eval.py gives it.
 */

import { strip, words } from './python-text.js';

const PUNCTUATION = [';', '/', '[', ']', '"', '{', '}', '(', ')', '=', '+', '\\', '_', '-', '>', '<', '@', '`', ',', '?', '!'];
const COMMA_IN_NUMBER = /\p{Nd},\p{Nd}/u;
const LONE_PERIOD = /(?<!\p{Nd})\.(?!\p{Nd})/gu;
/** A slip of the reference: it hands a flag to the place where the number of replacements goes. */
const MOST_PERIODS = 32;

const ARTICLES = new Set(['a', 'an', 'the']);
const NUMBER_WORDS: Readonly<Record<string, string>> = {
  none: '0',
  zero: '0',
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  seven: '7',
  eight: '8',
  nine: '9',
  ten: '10',
};

/** Contractions as they are written right; each is also found where one of its apostrophes is missing. */
const CONTRACTIONS = `'ow's'at 'twas ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't
  he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am might've mightn't mightn't've must've mustn't needn't not've
  o'clock oughtn't shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd someone'd've
  someone'll someone's something'd something'd've something'll that's there'd there'd've there're there's they'd they'd've they'll
  they're they've wasn't we'd've we've weren't what'll what're what's what've when's where'd where's where've who'd who'd've who'll
  who's who've why'll why're why's won't would've wouldn't wouldn't've y'all y'all'd've y'all'll you'd you'd've you'll you're you've`;

const REPAIRED = new Map<string, string>([
  ...words(CONTRACTIONS).flatMap((form) =>
    Array.from(form.matchAll(/'/g), ({ index }): [string, string] => [form.slice(0, index) + form.slice(index + 1), form]),
  ),
  // The published table has this one the wrong way round, on both sides of every comparison.
  ["somebody'd", 'somebodyd'],
]);

/** Punctuation goes or becomes a space, by whether it stands beside a space anywhere in the text (`process_punctuation`). */
export function withoutPunctuation(text: string): string {
  const numberWithComma = COMMA_IN_NUMBER.test(text);
  let result = text;
  for (const sign of PUNCTUATION) {
    const drops = numberWithComma || text.includes(`${sign} `) || text.includes(` ${sign}`);
    result = result.replaceAll(sign, drops ? '' : ' ');
  }
  let periods = 0;
  return result.replace(LONE_PERIOD, (period) => (periods++ < MOST_PERIODS ? '' : period));
}

/** An answer in the form that answers are compared in (`process_answer`): lower case, numbers as digits, no articles, no punctuation. */
export function normaliseAnswer(answer: string): string {
  const plain = withoutPunctuation(strip(answer.replace(/[\n\t]/g, ' ')));
  return words(plain.toLowerCase())
    .map((word) => (Object.hasOwn(NUMBER_WORDS, word) ? (NUMBER_WORDS[word] ?? word) : word))
    .filter((word) => !ARTICLES.has(word))
    .map((word) => REPAIRED.get(word) ?? word)
    .join(' ');
}

/**
 * For each of the people's answers: agreement of `prediction` with the others, 1 from three on. One answer alone has no others, so
 * nothing can agree: 0. Both sides are normalised already.
 */
export function leaveOneOut(answers: readonly string[], prediction: string): number[] {
  const same = answers.filter((answer) => answer === prediction).length;
  return answers.map((answer) => Math.min(1, (same - (answer === prediction ? 1 : 0)) / 3));
}
