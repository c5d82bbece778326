/** The arguments of an IFEval instruction as the reference takes them from a row's kwargs: what is null, 0 or empty does not count as given. */

import { NelError } from '../../errors.js';

/** One entry of a row's `kwargs`: the arguments of one instruction, the others null. */
export type Kwargs = Readonly<Record<string, unknown>>;

/** Whether a response follows an instruction. */
export type Check = (response: string) => boolean;

/**
 * Makes the checks of one instruction type. The reference draws an argument that is missing at random; here there is one check
 * for each draw that decides, and a response follows when all of them say so, so that the verdict is the reference's wherever
 * that does not depend on the draw, and "not followed" where it does. Words that it draws from its list count as not appearing.
 */
export type Rule = (kwargs: Kwargs) => readonly Check[];

export type Relation = 'less than' | 'at least';

/** The rule's verdict where no response satisfies every draw. */
export const NEVER: readonly Check[] = [() => false];

function given(kwargs: Kwargs, name: string): unknown {
  const value = Object.hasOwn(kwargs, name) ? kwargs[name] : undefined;
  if (value === null || value === undefined || value === 0 || value === '' || value === false) return undefined;
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

function wrong(name: string, value: unknown, wanted: string): NelError {
  return new NelError('data', `the argument ${name} must be ${wanted}, not ${JSON.stringify(value)}`, {
    hint: 'the arguments of IFEval instructions stand in the field kwargs of the row',
  });
}

export function textArgument(kwargs: Kwargs, name: string): string | undefined {
  const value = given(kwargs, name);
  if (value !== undefined && typeof value !== 'string') throw wrong(name, value, 'a text');
  return value;
}

/** A number of things; a negative one counts as missing. */
export function countArgument(kwargs: Kwargs, name: string): number | undefined {
  const value = given(kwargs, name);
  if (value === undefined) return undefined;
  // Parquet's 64-bit integers arrive as bigint.
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) throw wrong(name, String(value), 'a number');
  return number < 0 ? undefined : number;
}

export function listArgument(kwargs: Kwargs, name: string): readonly string[] | undefined {
  const value = given(kwargs, name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === 'string'))
    throw wrong(name, value, 'a list of texts');
  return value;
}

export function relationArgument(kwargs: Kwargs, name: string): Relation | undefined {
  const value = textArgument(kwargs, name);
  if (value === undefined || value === 'less than' || value === 'at least') return value;
  throw wrong(name, value, '"less than" or "at least"');
}

export interface Threshold {
  /** What is counted in the response. */
  readonly count: (response: string) => number;
  readonly threshold: number | undefined;
  readonly relation: Relation | undefined;
  /** The lowest and highest threshold that the reference draws where none is given. */
  readonly drawn: readonly [number, number];
}

/** Compares a count with a threshold: of the drawn ones the strictest decides, and without a relation both must hold. */
export function thresholdChecks({ count, threshold, relation, drawn }: Threshold): readonly Check[] {
  const limit = threshold ?? drawn[0];
  const least = threshold ?? drawn[1];
  const fewer: Check = (response) => count(response) < limit;
  const enough: Check = (response) => count(response) >= least;
  if (relation === undefined) return [fewer, enough];
  return [relation === 'less than' ? fewer : enough];
}
