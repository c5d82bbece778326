/** Cuts English text into sentences as nltk's punkt does: what IFEval counts as sentences, and where its word tokens end. */

import { isSpace, stripEnd } from './python-text.js';
import { ABBREVIATIONS, SPLIT_INITIALS, STARTERS } from './sentence-words.js';

/**
 * The sentences of a text, without the white space between them, by the rules of punkt (Kiss and Strunk 2006, "Unsupervised
 * Multilingual Sentence Boundary Detection") as nltk 3.10 applies them: `.`, `?` or `!` before white space or closing
 * punctuation ends a sentence, unless the period belongs to an abbreviation, an initial or a number that goes on in lower case.
 * `1. First` is two sentences, as it is in the reference.
 *
 * nltk's English model was learnt from newspapers. In its place stand a list of abbreviations that it knows or, like `e.g.` and
 * `etc.`, does not, and of words that begin sentences; what differs: pairs of initials in general instead of the learnt ones, no
 * learnt word pairs ("Mr. Smith" needs none), and after an abbreviation only a listed word in capitals begins a sentence.
 * Linear in the text's length.
 */
export function splitSentences(text: string): string[] {
  return realigned(text, cuts(text)).map(({ from, to }) => text.slice(from, to));
}

export function countSentences(text: string): number {
  return splitSentences(text).length;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** A period or mark that may end a sentence, with the words around it. */
interface Candidate {
  readonly at: number;
  /** From the word before the mark to the mark. */
  readonly wordFrom: number;
  /** The end of what follows: the next word, or one closing mark. */
  readonly afterTo: number;
  /** Where the next word begins; null when a closing mark follows at once. */
  readonly next: number | null;
}

/** Characters that end a word though no space does. */
const NO_WORD = new Set([...')";}]*:@\'({[‘’“”«»?!']);

const isMark = (character: string | undefined): boolean => character === '.' || character === '?' || character === '!';
const isAsciiSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

function cuts(text: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const { at, wordFrom, afterTo, next } of candidates(text)) {
    if (!breaksInside(text.slice(wordFrom, afterTo))) continue;
    spans.push({ from, to: at + 1 });
    from = next ?? at + 1;
  }
  spans.push({ from, to: stripEnd(text).length });
  return spans;
}

/** All marks that something follows; of several in one word, the last. */
function candidates(text: string): Candidate[] {
  const found: Candidate[] = [];
  let previous: Candidate | null = null;
  for (let at = 0; at < text.length; at++) {
    if (!isMark(text[at])) continue;
    const after = whatFollows(text, at);
    if (after === null) continue;
    const candidate: Candidate = { at, wordFrom: wordStart(text, at, previous), ...after };
    if (previous !== null && previous.at <= candidate.wordFrom) found.push(previous);
    previous = candidate;
  }
  if (previous !== null) found.push(previous);
  return found;
}

function whatFollows(text: string, at: number): { afterTo: number; next: number | null } | null {
  let next = at + 1;
  if (NO_WORD.has(text[next] as string)) return { afterTo: next + 1, next: null };
  while (next < text.length && isSpace(text.charCodeAt(next))) next++;
  if (next === at + 1 || next === text.length) return null;
  let afterTo = next;
  while (afterTo < text.length && !isSpace(text.charCodeAt(afterTo))) afterTo++;
  return { afterTo, next };
}

/** The word's start after the last white space since the previous candidate; with none, that candidate's own word goes on. */
function wordStart(text: string, at: number, previous: Candidate | null): number {
  const since = previous?.at ?? 0;
  let space = at - 1;
  while (space > since && !isAsciiSpace(text.charCodeAt(space))) space--;
  return space > since ? space + 1 : (previous?.wordFrom ?? 0);
}

/** Closing quotation marks and brackets go to the sentence before; sentences that are left empty go. */
function realigned(text: string, spans: readonly Span[]): Span[] {
  const kept: Span[] = [];
  let skip = 0;
  spans.forEach((span, i) => {
    const from = span.from + skip;
    const following = spans[i + 1];
    const closing = following === undefined ? null : closingMarks(text, following);
    skip = closing?.skip ?? 0;
    if (closing !== null && following !== undefined) kept.push({ from, to: following.from + closing.length });
    else if (from < span.to) kept.push({ from, to: span.to });
  });
  return kept;
}

const CLOSING = new Set([...'"\')]}‘’“”«»']);

function closingMarks(text: string, { from, to }: Span): { length: number; skip: number } | null {
  let end = from;
  while (end < to && CLOSING.has(text[end] as string)) end++;
  if (end === from) return null;
  let skip = end;
  while (skip < to && isSpace(text.charCodeAt(skip))) skip++;
  if (skip === end && end < to && !text.startsWith('--', end)) return null;
  return { length: end - from, skip: skip - from };
}

/** Whether a sentence ends inside the text of a word, its mark and the word after it. */
function breaksInside(context: string): boolean {
  const tokens = context.split('\n').flatMap(tokensOf);
  return tokens.some((token, i) => i + 1 < tokens.length && endsSentence(token, tokens[i + 1] as string));
}

const NOT_FIRST = new Set([...'("`{[:;&#*@)}]-,']);

/** Words, with periods but without other punctuation, and that punctuation; runs of hyphens or periods are one token. */
function tokensOf(line: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < line.length) {
    if (isSpace(line.charCodeAt(at))) {
      at++;
      continue;
    }
    let end = at + (runLength(line, at) || 1);
    if (end === at + 1 && runLength(line, at) === 0 && !NOT_FIRST.has(line[at] as string)) while (!endsWord(line, end)) end++;
    tokens.push(line.slice(at, end));
    at = end;
  }
  return tokens;
}

function endsWord(line: string, at: number): boolean {
  if (endsBefore(line, at)) return true;
  return line[at] === ',' && endsBefore(line, at + 1);
}

function endsBefore(line: string, at: number): boolean {
  return at >= line.length || isSpace(line.charCodeAt(at)) || NO_WORD.has(line[at] as string) || isRun(line, at);
}

function isRun(line: string, at: number): boolean {
  if (line[at] === '-') return line[at + 1] === '-';
  return line[at] === '.' && (line[at + 1] === '.' || isSpacedEllipsis(line, at));
}

function isSpacedEllipsis(line: string, at: number): boolean {
  return isSpace(line.charCodeAt(at + 1)) && line[at + 2] === '.' && isSpace(line.charCodeAt(at + 3)) && line[at + 4] === '.';
}

/** The length of `--`, `...` or `. . .` at a place, however long; 0 where there is none. */
function runLength(line: string, at: number): number {
  if (!isRun(line, at)) return 0;
  const mark = line[at];
  let end = at;
  if (mark === '-' || line[at + 1] === '.') while (line[end] === mark) end++;
  else {
    while (isSpace(line.charCodeAt(end + 1)) && line[end + 2] === '.') end += 2;
    end++;
  }
  return end - at;
}

const NUMBER = /^-?[.,]?\p{Nd}[\p{Nd},.-]*$/u;
const INITIAL = /^[\p{L}\p{Nl}\p{No}_]\.$/u;

/** Punkt's two steps for one token: what its own form says, then what the next token says about a period. */
function endsSentence(token: string, next: string): boolean {
  if (isMark(token)) return true;
  if (!token.endsWith('.')) return false;
  const role = roleOf(next);
  if (token.endsWith('..')) return role === 'starter';
  const abbreviation = isAbbreviation(token.slice(0, -1).toLowerCase());
  if (INITIAL.test(token)) return !abbreviation && (role === 'starter' || role === 'unknown');
  if (abbreviation) return role === 'starter';
  return !NUMBER.test(token) || role !== 'inside';
}

function isAbbreviation(word: string): boolean {
  if (ABBREVIATIONS.has(word) || ABBREVIATIONS.has(word.slice(word.lastIndexOf('-') + 1))) return true;
  return /^[a-z]\.[a-z]$/.test(word) && !SPLIT_INITIALS.has(word);
}

/** What a token says of the period before it: it begins a sentence, it stands inside one, it may be a name, or nothing. */
function roleOf(token: string): 'starter' | 'inside' | 'name' | 'unknown' {
  if (';:,.!?'.includes(token)) return 'inside';
  const first = String.fromCodePoint(token.codePointAt(0) as number);
  if (/\p{Lowercase}/u.test(first)) return 'inside';
  if (!/\p{Uppercase}/u.test(first)) return 'unknown';
  return STARTERS.has(token.toLowerCase().replace(/\.$/, '')) ? 'starter' : 'name';
}
