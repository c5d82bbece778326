/**
 * Parser combinators with memory, under the math scorer's grammar. A parser gives every end it can reach, the preferred reading
 * first, so that the whole text decides between readings as in an ALL(*) parser: the first alternative that can still be completed wins.
 */

import type { Token } from './lexer.js';
import { Unreadable } from './nodes.js';

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

/** Work and nesting that no sensible answer needs; beyond them a text is unreadable. */
const MAX_STEPS = 150_000;
const MAX_DEPTH = 700;

/** Of readings with the same end only the preferred one can ever win. */
function distinct<T>(matches: readonly Match<T>[]): readonly Match<T>[] {
  if (matches.length < 2) return matches;
  const ends = new Set<number>();
  return matches.filter(({ end }) => !ends.has(end) && ends.add(end) !== undefined);
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
    if (++input.steps > MAX_STEPS || input.depth >= MAX_DEPTH) throw new Unreadable();
    input.depth++;
    parser ??= body();
    const matches = parser(input, at);
    input.depth--;
    input.memory.set(place, matches);
    return matches;
  };
}

/** As many as fit, fewer where the rest asks for it, none last. */
export function many<T>(parser: Parser<T>): Parser<T[]> {
  return (input, at) => {
    const levels: Match<T[]>[] = [];
    const walk = (from: Match<T[]>): void => {
      if (++input.steps > MAX_STEPS) throw new Unreadable();
      for (const next of parser(input, from.end)) {
        if (next.end > from.end && !levels.some((known) => known.end === next.end)) {
          walkInto(next);
        }
      }
      levels.push(from);
      function walkInto(next: Match<T>): void {
        if (++input.depth > MAX_DEPTH) throw new Unreadable();
        walk({ end: next.end, value: () => [...from.value(), next.value()] });
        input.depth--;
      }
    };
    walk({ end: at, value: () => [] });
    return distinct(levels);
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
