/** What the instructions of an IFEval row ask of an answer, added up: the plan that ideal.ts builds by. */

import type { Kwargs, Relation } from './arguments.js';
import { countArgument, listArgument, relationArgument, textArgument } from './arguments.js';
import { SAMPLES } from './ideal-words.js';
import type { Instruction } from './instructions.js';
import { pythonRegex } from './python-regex.js';
import { splitSpaces } from './python-text.js';

/** What an answer needs. */
export interface Wishes {
  /** So many plain words, which none of the instructions forbids. */
  readonly filler: (count: number) => string;
  /** What stands within the text: keywords, placeholders, highlights, words in capitals, letters. */
  readonly inline: (word: string) => string[];
  readonly leastWords: number;
  readonly leastSentences: number;
  readonly title: boolean;
  readonly fixedAnswers: readonly string[];
  readonly bullets: number;
  readonly sections: readonly { readonly name: string; readonly count: number }[];
  /** Between `***`. */
  readonly paragraphs: number;
  /** Paragraphs between empty lines, one of which begins with a word. */
  readonly opening: { readonly count: number; readonly nth: number; readonly word: string } | undefined;
  readonly twoResponses: boolean;
  readonly postscripts: readonly string[];
  readonly endings: readonly string[];
  readonly prompts: readonly string[];
  readonly letterCase: 'upper' | 'lower' | undefined;
  readonly quoted: boolean;
  readonly json: boolean;
}

/** A missing number is taken as this many where that is sure to be enough; where it must be met exactly, no answer is. */
const ENOUGH = 5;

export function wishesOf(instructions: readonly Instruction[]): Wishes {
  const of = (id: string): readonly Kwargs[] =>
    instructions.filter(({ instructionId }) => instructionId === id).map(({ kwargs }) => kwargs);
  const has = (id: string): boolean => of(id).length > 0;
  const opening = of('length_constraints:nth_paragraph_first_word')[0];
  return {
    filler: fillerOf(of),
    inline: (word) => inlineOf(of, word),
    leastWords: Math.max(least(of('length_constraints:number_words'), 'num_words', 'relation', 500), wordsBesideSigns(of)),
    leastSentences: least(of('length_constraints:number_sentences'), 'num_sentences', 'relation', 20),
    title: has('detectable_format:title'),
    fixedAnswers: has('detectable_format:constrained_response') ? ['My answer is yes.'] : [],
    bullets: countArgument(of('detectable_format:number_bullet_lists')[0] ?? {}, 'num_bullets') ?? 0,
    sections: of('detectable_format:multiple_sections').flatMap(sectionsOf),
    paragraphs: countArgument(of('length_constraints:number_paragraphs')[0] ?? {}, 'num_paragraphs') ?? 1,
    opening: opening && {
      count: countArgument(opening, 'num_paragraphs') ?? 1,
      nth: countArgument(opening, 'nth_paragraph') ?? 1,
      word: textArgument(opening, 'first_word') ?? '',
    },
    twoResponses: has('combination:two_responses'),
    postscripts: of('detectable_content:postscript').flatMap((kwargs) => textArgument(kwargs, 'postscript_marker') ?? ['P.S.', 'P.P.S']),
    endings: of('startend:end_checker').map((kwargs) => textArgument(kwargs, 'end_phrase') ?? ''),
    prompts: of('combination:repeat_prompt').map((kwargs) => textArgument(kwargs, 'prompt_to_repeat') ?? ''),
    letterCase: has('change_case:english_capital') ? 'upper' : has('change_case:english_lowercase') ? 'lower' : undefined,
    quoted: has('startend:quotation'),
    json: has('detectable_format:json_format'),
  };
}

type Find = (id: string) => readonly Kwargs[];

function least(found: readonly Kwargs[], count: string, relation: string, drawn: number): number {
  return Math.max(0, ...found.filter((kwargs) => isAtLeast(kwargs, relation)).map((kwargs) => countArgument(kwargs, count) ?? drawn));
}

/** Where signs that are no letters must be frequent, some letter must be as well: see `letterFrequency`. */
function wordsBesideSigns(of: Find): number {
  const signs = of('keywords:letter_frequency').filter((kwargs) => /[^a-z]/i.test(textArgument(kwargs, 'letter') ?? ''));
  return 4 * least(signs, 'let_frequency', 'let_relation', 10);
}

function isAtLeast(kwargs: Kwargs, name: string): boolean {
  const relation: Relation | undefined = relationArgument(kwargs, name);
  return relation !== 'less than';
}

function sectionsOf(kwargs: Kwargs): { name: string; count: number }[] {
  const name = textArgument(kwargs, 'section_spliter');
  const count = countArgument(kwargs, 'num_sections') ?? ENOUGH;
  return (name === undefined ? ['Section', 'SECTION'] : [name.trim()]).map((section) => ({ name: section, count }));
}

function inlineOf(of: Find, word: string): string[] {
  const repeated = (text: string, count: number): string[] => Array.from({ length: count }, () => text);
  return [
    ...of('keywords:existence').flatMap((kwargs) => listArgument(kwargs, 'keywords') ?? []),
    ...of('keywords:frequency').flatMap((kwargs) =>
      isAtLeast(kwargs, 'relation') ? repeated(textArgument(kwargs, 'keyword')?.trim() ?? '', countArgument(kwargs, 'frequency') ?? 3) : [],
    ),
    ...of('detectable_content:number_placeholders').flatMap((kwargs) =>
      repeated(`[${word}]`, countArgument(kwargs, 'num_placeholders') ?? ENOUGH),
    ),
    ...of('detectable_format:number_highlighted_sections').flatMap((kwargs) =>
      repeated(`*${word}*`, countArgument(kwargs, 'num_highlights') ?? ENOUGH),
    ),
    ...of('change_case:capital_word_frequency').flatMap((kwargs) =>
      isAtLeast(kwargs, 'capital_relation') ? repeated('OK', countArgument(kwargs, 'capital_frequency') ?? 20) : [],
    ),
    ...of('keywords:letter_frequency').flatMap((kwargs) =>
      isAtLeast(kwargs, 'let_relation')
        ? [(textArgument(kwargs, 'letter') ?? '').repeat(countArgument(kwargs, 'let_frequency') ?? 10)]
        : [],
    ),
  ];
}

/** Words of the wanted language that hold no letter, keyword or forbidden word which must be rare; the answer's language shows in them. */
function fillerOf(of: Find): (count: number) => string {
  const language = of('language:response_language').map((kwargs) => textArgument(kwargs, 'language') ?? 'en')[0] ?? 'en';
  const rare = [
    ...of('keywords:forbidden_words')
      .flatMap((kwargs) => listArgument(kwargs, 'forbidden_words') ?? [])
      .map((word) => `\\b${word}\\b`),
    ...of('keywords:frequency')
      .filter((kwargs) => !isAtLeast(kwargs, 'relation'))
      .flatMap((kwargs) => textArgument(kwargs, 'keyword')?.trim() ?? []),
  ].map((pattern) => pythonRegex(pattern, { ignoreCase: true }));
  const letters = of('keywords:letter_frequency')
    .filter((kwargs) => !isAtLeast(kwargs, 'let_relation'))
    .flatMap((kwargs) => textArgument(kwargs, 'letter')?.toLowerCase() ?? []);
  const allowed = splitSpaces(SAMPLES[language] ?? SAMPLES.en ?? '').filter(
    (word) => !letters.some((letter) => word.toLowerCase().includes(letter)) && !rare.some((pattern) => word.search(pattern) !== -1),
  );
  return (count) => Array.from({ length: count }, (_, i) => allowed[i % Math.max(1, allowed.length)] ?? '').join(' ');
}
