/** What every statistic promises: no NaN, no infinity, no −0, no undefined, anywhere in a result. */

import { expect } from 'vitest';

function uncleanPaths(value: unknown, at: string): string[] {
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? [] : [`${at}: ${Object.is(value, -0) ? '-0' : value}`];
  if (value === undefined) return [`${at}: undefined`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => uncleanPaths(member, `${at}.${key}`));
}

/** Fails unless the value is clean; returns it. */
export function clean<T>(value: T): T {
  expect(uncleanPaths(value, 'result')).toEqual([]);
  return value;
}

/** |actual − expected| relative to expected. */
export function relativeError(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.abs(expected);
}
