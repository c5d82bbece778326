/**
 * Parser combinators with memory, under the math scorer's grammar. A parser gives every end it can reach, the preferred reading
 * first, so that the whole text decides between readings as in an ALL(*) parser: the first alternative that can still be completed wins.
 */

import type { Token } from './lexer.js';
import { TooLarge } from './nodes.js';

/** One way to read the tokens from a place up to `end`; its value is built only when this way is taken. */
export interface Match<T> {
  readonly end: number;
  readonly value: () => T;
}

export interface Input {
  readonly tokens: readonly Token[];
  readonly memory: Map<string, readonly Match<unknown>[]>;
  steps: number;
  depth: number;
}

export type Parser<T> = (input: Input, at: number) => readonly Match<T>[];

/**
 * Work and nesting that no sensible answer needs; beyond them a text is too large. A level of parentheses takes about five of
 * depth, and each of depth about ten frames of the stack.
 */
const MAX_STEPS = 60_000;
const MAX_DEPTH = 250;

/** Of readings with the same end only the preferred one can ever win. */
function distinct<T>(matches: readonly Match<T>[]): readonly Match<T>[] {
  if (matches.length < 2) return matches;
  const ends = new Set<number>();
  return matches.filter(({ end }) => !ends.has(end) && ends.add(end) !== undefined);
}

function spend(input: Input, steps: number): void {
  input.steps += steps;
  if (input.steps > MAX_STEPS) throw new TooLarge();
}

export function token(...types: readonly string[]): Parser<Token> {
  return (input, at) => {
    const found = input.tokens[at];
    return found !== undefined && types.includes(found.type) ? [{ end: at + 1, value: () => found }] : [];
  };
}

export function seq<T extends readonly unknown[]>(...parsers: { [K in keyof T]: Parser<T[K]> }): Parser<T> {
  return (input, at) => {
    let partial: readonly Match<unknown[]>[] = [{ end: at, value: () => [] }];
    for (const parser of parsers) {
      spend(input, partial.length);
      partial = distinct(
        partial.flatMap((head) => parser(input, head.end).map((next) => ({ end: next.end, value: () => [...head.value(), next.value()] }))),
      );
      if (partial.length === 0) return [];
    }
    return partial as unknown as readonly Match<T>[];
  };
}

export function alt<T>(...parsers: readonly Parser<T>[]): Parser<T> {
  return (input, at) => distinct(parsers.flatMap((parser) => parser(input, at)));
}

export function optional<T>(parser: Parser<T>): Parser<T | null> {
  return alt<T | null>(parser, (_input, at) => [{ end: at, value: () => null }]);
}

export function map<T, U>(parser: Parser<T>, build: (value: T) => U): Parser<U> {
  return (input, at) => parser(input, at).map((match) => ({ end: match.end, value: () => build(match.value()) }));
}

let rules = 0;

/** A named place of the grammar: remembered by position, counted against the limits, and free to refer to itself. */
export function rule<T>(body: () => Parser<T>): Parser<T> {
  const id = rules++;
  let parser: Parser<T> | undefined;
  return (input, at) => {
    const place = `${id}@${at}`;
    const known = input.memory.get(place);
    if (known !== undefined) return known as readonly Match<T>[];
    if (++input.depth > MAX_DEPTH) throw new TooLarge();
    spend(input, 1);
    parser ??= body();
    const matches = parser(input, at);
    input.depth--;
    input.memory.set(place, matches);
    return matches;
  };
}

/** As many as fit, fewer where the rest asks for it, none last. A loop, because lists are long where nesting is not. */
export function many<T>(parser: Parser<T>): Parser<T[]> {
  return (input, at) => {
    const found: Match<T[]>[] = [];
    const ends = new Set([at]);
    const open: { match: Match<T[]>; next: Iterator<Match<T>> | null }[] = [{ match: { end: at, value: () => [] }, next: null }];
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const { match } = level;
      level.next ??= parser(input, match.end)[Symbol.iterator]();
      const step = level.next.next();
      spend(input, 1);
      if (step.done === true) {
        found.push(match);
        open.pop();
      } else if (!ends.has(step.value.end)) {
        const item = step.value;
        ends.add(item.end);
        open.push({ match: { end: item.end, value: () => [...match.value(), item.value()] }, next: null });
      }
    }
    return found;
  };
}

/** All tokens, read by `parser`; null where it cannot. */
export function parseAll<T>(parser: Parser<T>, tokens: readonly Token[]): T | null {
  const input: Input = { tokens, memory: new Map(), steps: 0, depth: 0 };
  return (
    parser(input, 0)
      .find(({ end }) => end === tokens.length)
      ?.value() ?? null
  );
}
