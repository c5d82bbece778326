/** The MGSM scorer: the last number after the word for "answer" in the problem's language. */

import type { Row, Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { NelError } from '../errors.js';
import { nothingExtracted, scorerName } from './failure.js';

/** The word that the prompt asks for before the answer, by language. */
export const MGSM_ANSWER_PREFIX = {
  bn: 'উত্তর',
  de: 'Antwort',
  en: 'Answer',
  es: 'Respuesta',
  fr: 'Réponse',
  ja: '答え',
  ru: 'Ответ',
  sw: 'Jibu',
  te: 'సమాధానం',
  th: 'คำตอบ',
  zh: '答案',
} as const;

export type MgsmLanguage = keyof typeof MGSM_ANSWER_PREFIX;

export interface MgsmOptions {
  /** The language of all problems. Default: each row's field `lang` or `language`. */
  readonly language?: MgsmLanguage;
}

/**
 * MGSM (Shi et al. 2022, arXiv:2210.03057) as OpenAI's simple-evals parses it, `mgsm_eval.py`: of what follows the last prefix, commas
 * taken out, the last number without a sign; zeros and the point at the end of a decimal fraction do not count. The prefix must be
 * there, with its capital.
 *
 * @throws NelError of kind `config` for an unknown language, of kind `data` for a row without one
 */
export function mgsm(options: MgsmOptions = {}): Scorer {
  const { language } = options;
  if (language !== undefined && !isLanguage(language)) {
    throw new NelError('config', `mgsm: unknown language ${JSON.stringify(language)}`, { hint: `Known: ${LANGUAGES.join(', ')}.` });
  }
  return {
    name: scorerName('mgsm', { language }),
    score({ response, target, row }: ScorerInput): ScorerResult {
      const parsed = parseMgsmAnswer(response, MGSM_ANSWER_PREFIX[language ?? languageOf(row)]);
      if (parsed === '') return nothingExtracted(response);
      return { reward: sameMgsmAnswer(parsed, target) ? 1 : 0, extracted: parsed };
    },
    idealAnswer: (target, row) => `${MGSM_ANSWER_PREFIX[language ?? languageOf(row)]}: ${target}`,
  };
}

const LANGUAGES = Object.keys(MGSM_ANSWER_PREFIX) as MgsmLanguage[];

function isLanguage(value: unknown): value is MgsmLanguage {
  return typeof value === 'string' && Object.hasOwn(MGSM_ANSWER_PREFIX, value);
}

function languageOf(row: Row): MgsmLanguage {
  const language = row['lang'] ?? row['language'];
  if (isLanguage(language)) return language;
  throw new NelError('data', `the row's language is ${JSON.stringify(language) ?? 'missing'}, not one of ${LANGUAGES.join(', ')}`, {
    hint: 'Give the row a field "lang", or name the language: mgsm({ language: "de" }).',
  });
}

/** The last number after the last `prefix`, or the empty text. Digits of any script are digits; the comparison then tells them apart. */
export function parseMgsmAnswer(response: string, prefix: string): string {
  const at = response.lastIndexOf(prefix);
  if (at === -1) return '';
  const rest = response.slice(at + prefix.length).replaceAll(',', '');
  const last = rest.match(/\p{Nd}+\.?\p{Nd}*/gu)?.at(-1);
  return last?.replace(/\.$/, '') ?? '';
}

/** `42.50` and `42.` are `42.5` and `42`; `042` is not `42`. */
export function sameMgsmAnswer(parsed: string, target: string): boolean {
  const plain = parsed.includes('.') ? withoutTrailing(withoutTrailing(parsed, '0'), '.') : parsed;
  return plain.replaceAll(',', '') === target.replaceAll(',', '');
}

function withoutTrailing(text: string, char: string): string {
  let to = text.length;
  while (text[to - 1] === char) to--;
  return text.slice(0, to);
}
