/** Tells the language of a text, for IFEval's instructions that ask for one: by script, then by frequent words, letters and endings. */

import {
  ARABIC_LETTERS,
  ARABIC_WORDS,
  CYRILLIC_ENDINGS,
  CYRILLIC_LETTERS,
  CYRILLIC_WORDS,
  DEVANAGARI_ENDINGS,
  DEVANAGARI_LETTERS,
  DEVANAGARI_WORDS,
  ENDINGS,
  LETTERS,
  SIMPLIFIED_TRADITIONAL,
  WORDS,
} from './language-words.js';

/** What is read of a text, characters: as much as langdetect reads. */
const READ = 10_000;

const ADDRESSES = /https?:\/\/[-_.?&~;+=/#0-9A-Za-z]+|[-_.0-9A-Za-z]{1,64}@[-_.0-9A-Za-z]{2,}/g;

/** Scripts that one language of langdetect's uses. */
const SCRIPT_LANGUAGE: Readonly<Record<string, string>> = {
  Greek: 'el',
  Hebrew: 'he',
  Bengali: 'bn',
  Gurmukhi: 'pa',
  Gujarati: 'gu',
  Tamil: 'ta',
  Telugu: 'te',
  Kannada: 'kn',
  Malayalam: 'ml',
  Thai: 'th',
  Hangul: 'ko',
};

type Script = string;

const SCRIPTS: readonly (readonly [Script, RegExp])[] = [
  ...['Latin', 'Cyrillic', 'Arabic', 'Devanagari', 'Han', ...Object.keys(SCRIPT_LANGUAGE)].map(
    (name) => [name, new RegExp(`(?=\\p{L})\\p{Script=${name}}`, 'gu')] as const,
  ),
  ['Kana', /(?=\p{L})[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
];

interface Tables {
  readonly words: Readonly<Record<string, string>>;
  readonly letters: Readonly<Record<string, string>>;
  readonly endings: Readonly<Record<string, string>>;
  /** The language where nothing speaks for any. */
  readonly otherwise: string;
}

/** Scripts that several languages use. */
const TABLES: Readonly<Record<string, Tables>> = {
  Latin: { words: WORDS, letters: LETTERS, endings: ENDINGS, otherwise: 'unknown' },
  Cyrillic: { words: CYRILLIC_WORDS, letters: CYRILLIC_LETTERS, endings: CYRILLIC_ENDINGS, otherwise: 'ru' },
  Arabic: { words: ARABIC_WORDS, letters: ARABIC_LETTERS, endings: {}, otherwise: 'ar' },
  Devanagari: { words: DEVANAGARI_WORDS, letters: DEVANAGARI_LETTERS, endings: DEVANAGARI_ENDINGS, otherwise: 'hi' },
};

/**
 * The ISO 639-1 code of the language that a text is most likely written in; `zh-cn` or `zh-tw` for Chinese, `unknown` where nothing
 * speaks for any, null for a text without letters of a script that it knows (langdetect gives up there, and the instruction counts
 * as followed).
 *
 * The reference asks langdetect 1.0.9, which compares n-grams of 55 languages and draws some of them at random: on a few words it
 * answers differently from call to call, and takes "HELLO WORLD" for Somali, for of words in capitals it sees only the first
 * letter. Here the answer is the same every time, and capitals do not matter. Told apart are all languages that IFEval asks for
 * and their neighbours; a text with almost no common word is `unknown`. On a few sentences or more both agree.
 */
export function detectLanguage(text: string): string | null {
  const sample = [...text.slice(0, 4 * READ).replace(ADDRESSES, ' ')].slice(0, READ).join('').normalize('NFC').toLowerCase();
  const script = mainScript(sample);
  if (script === null) return null;
  if (script === 'Kana') return 'ja';
  if (script === 'Han') return chinese(sample);
  const words = sample.match(/[\p{L}\p{M}]+/gu) ?? [];
  const tables = TABLES[script];
  if (tables === undefined) return SCRIPT_LANGUAGE[script] ?? 'unknown';
  const evidence = [wordScores(tables.words, words), letterScores(tables.letters, sample), endingScores(tables, words)];
  return best(script === 'Latin' ? [...evidence, vietnamese(sample)] : evidence, tables.otherwise);
}

/**
 * The script of most letters; Latin ones do not count where there are more than twice as many others, as in langdetect. Japanese
 * mixes kana with Chinese characters.
 */
function mainScript(sample: string): Script | null {
  const counts = new Map(SCRIPTS.map(([script, pattern]) => [script, sample.match(pattern)?.length ?? 0]));
  const kana = counts.get('Kana') as number;
  const han = counts.get('Han') as number;
  if (kana * 10 >= han) counts.set('Kana', kana === 0 ? 0 : kana + han);
  else counts.set('Han', kana + han);
  const latin = counts.get('Latin') as number;
  const others = [...counts.values()].reduce((sum, count) => sum + count, 0) - latin;
  if (latin * 2 < others) counts.set('Latin', 0);
  const [script, count] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
  return count === 0 ? null : script;
}

function chinese(sample: string): string {
  let balance = 0;
  for (const character of sample) {
    const at = SIMPLIFIED_TRADITIONAL.indexOf(character);
    if (at !== -1) balance += at % 2 === 0 ? 1 : -1;
  }
  return balance < 0 ? 'zh-tw' : 'zh-cn';
}

type Scores = ReadonlyMap<string, number>;
type Index = ReadonlyMap<string, readonly string[]>;

/** Which languages list an item. */
function indexOf(lists: Readonly<Record<string, string>>, separator: string): Index {
  const index = new Map<string, string[]>();
  for (const [language, items] of Object.entries(lists)) {
    for (const item of new Set(items.split(separator))) index.set(item, [...(index.get(item) ?? []), language]);
  }
  return index;
}

const indexes = new Map<object, Index>();

function cachedIndex(lists: Readonly<Record<string, string>>, separator: string): Index {
  const known = indexes.get(lists);
  if (known !== undefined) return known;
  const index = indexOf(lists, separator);
  indexes.set(lists, index);
  return index;
}

/** Adds up what each item says: `weight` for a language that alone lists it, less the more list it. */
function scores(items: Iterable<string>, index: Index, weight: number): Scores {
  const totals = new Map<string, number>();
  for (const item of items) {
    const languages = index.get(item);
    if (languages === undefined) continue;
    for (const language of languages) totals.set(language, (totals.get(language) ?? 0) + weight / languages.length);
  }
  return totals;
}

/** A listed word says more than a letter or an ending: it is seldom found by chance. */
function wordScores(lists: Readonly<Record<string, string>>, words: readonly string[]): Scores {
  return scores(words, cachedIndex(lists, ' '), 1);
}

function letterScores(lists: Readonly<Record<string, string>>, sample: string): Scores {
  return scores(sample, cachedIndex(lists, ''), 0.5);
}

function endingScores(tables: Tables, words: readonly string[]): Scores {
  const known = cachedIndex(tables.words, ' ');
  const endings: string[] = [];
  for (const word of words) {
    if (word.length < 4 || known.has(word)) continue;
    for (let length = Math.min(6, word.length - 1); length >= 2; length--) endings.push(word.slice(-length));
  }
  return scores(endings, cachedIndex(tables.endings, ' '), 0.4);
}

/** Vowels with a tone mark, U+1EA0 to U+1EF9, are Vietnamese alone. */
function vietnamese(sample: string): Scores {
  return new Map([['vi', (sample.match(/[\u1ea0-\u1ef9]/g)?.length ?? 0) * 0.5]]);
}

/** The language with the highest sum; on a tie the one that was met first. */
function best(parts: readonly Scores[], otherwise: string): string {
  const totals = new Map<string, number>();
  for (const part of parts) for (const [language, score] of part) totals.set(language, (totals.get(language) ?? 0) + score);
  let winner = otherwise;
  let most = 0;
  for (const [language, score] of totals) {
    if (score > most) {
      most = score;
      winner = language;
    }
  }
  return winner;
}
