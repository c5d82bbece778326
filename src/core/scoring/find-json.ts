/** Finds the JSON value in an answer: the whole of it, a fenced block, or the first balanced object or array. */

import type { Json } from '../json.js';

/** Deeper values are not taken: what reads them later recurses. */
const DEEPEST = 256;

/** Work allowed for a search, in characters per character of the answer: brackets without end must not make it quadratic. */
const EFFORT = 16;

/** The value, or undefined when there is none. Numbers, texts and `null` count only where they are the whole answer or a whole block. */
export function findJson(answer: string): Json | undefined {
  // Not `??`: null is a value.
  for (const find of [parsed, fencedJson, firstBalanced]) {
    const value = find(answer);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** How JSON begins: a thrown error for each of thousands of blocks of prose would be slow. */
const START = /^\s*["{[\-0-9tfn]/;

function parsed(text: string): Json | undefined {
  if (!START.test(text) || depth(text) > DEEPEST) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Nesting of brackets outside of strings; of text that is no JSON it is some number. */
function depth(text: string): number {
  let deepest = 0;
  let current = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) deepest = Math.max(deepest, ++current);
    else if (char === 0x7d || char === 0x5d) current--;
  }
  return deepest;
}

/** The first fenced block that is JSON. Each block is looked at once. */
function fencedJson(text: string): Json | undefined {
  let newline = -1;
  let at = text.indexOf('```');
  while (at !== -1) {
    if (newline < at) newline = text.indexOf('\n', at);
    if (newline === -1) newline = text.length;
    const close = text.indexOf('```', at + 3);
    if (close === -1) return undefined;
    // A fence on one line may have no language: ```{"a": 1}```.
    const from = newline < close ? newline + 1 : at + 3;
    const value = parsed(text.slice(from, close).replace(/^json\b/i, ''));
    if (value !== undefined) return value;
    // What closes one block may also open the next: an odd fence must not hide those behind it.
    at = close;
  }
  return undefined;
}

function firstBalanced(text: string): Json | undefined {
  return balanced(text).next().value;
}

/** Every value of an answer, in order: the whole of it, or each balanced object and array that stands in no other. */
export function* jsonValues(answer: string): Generator<Json> {
  const whole = parsed(answer);
  if (whole === undefined) yield* balanced(answer);
  else yield whole;
}

function* balanced(text: string): Generator<Json, undefined> {
  let effort = EFFORT * text.length;
  const opening = /\{(?=\s{0,1000}["}])|\[(?=\s{0,1000}["[{\]\-0-9tfn])/g;
  for (let match = opening.exec(text); match !== null && effort > 0; match = opening.exec(text)) {
    const end = balancedEnd(text, match.index);
    effort -= Math.abs(end) - match.index + 1;
    if (end < 0) continue;
    const value = parsed(text.slice(match.index, end));
    if (value === undefined) continue;
    yield value;
    opening.lastIndex = end;
  }
}

/** Where the bracket at `from` is closed, one past it; minus the place where the search gave up when it is not. */
function balancedEnd(text: string, from: number): number {
  const open: number[] = [];
  let inString = false;
  for (let at = from; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at++;
      else if (char === 0x22) inString = false;
      // JSON has no line break in a string: the quote was prose.
      else if (char === 0x0a) return -at;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) {
      open.push(char + 2);
      if (open.length > DEEPEST) return -at;
    } else if (char === 0x7d || char === 0x5d) {
      if (open.pop() !== char) return -at;
      if (open.length === 0) return at + 1;
    }
  }
  return -text.length;
}
