/** Where mathematical equivalence differs from math-verify on purpose (see mathEquivalent), for the scorer case files. */

import { mathEquivalent } from '../core/scoring/math/equivalence.js';
import type { Difference } from './scorer-rules.js';

interface MathDifference {
  readonly reason: string;
  /** What the reference gives, and we do not. */
  readonly reference: boolean;
  /** Whether the two texts, in either order, are of the kind that the reason names. */
  readonly concerns: (one: string, other: string) => boolean;
}

const FREE_I = /(?:^|\s)i(?![a-zA-Z])/;
const DECIMAL_SUM = /\d\.\d.*[-+*/^\\]|[-+*/^\\].*\d\.\d/s;
const SET_OPERATION = /\\(?:cap|cup|setminus)(?![a-zA-Z])/;
const BARE_LIST = /^[^<>()[\]{}\\]*,[^<>()[\]{}\\]*$/;
const TWO_BOUNDS = /<.*<|>.*>/s;

const KNOWN: readonly MathDifference[] = [
  {
    reason: 'a free-standing i is the i of 6-5i: for the reference every letter beside it becomes another one',
    reference: false,
    concerns: (one) => FREE_I.test(one),
  },
  {
    reason: 'decimals are exact: the reference adds 0.1 and 0.2 as binary fractions',
    reference: false,
    concerns: (one) => DECIMAL_SUM.test(one),
  },
  {
    reason: 'sets are simplified before they are compared',
    reference: false,
    concerns: (one) => SET_OPERATION.test(one),
  },
  {
    reason: 'two numbers side by side do not say what lies between them',
    reference: true,
    concerns: (one, other) => BARE_LIST.test(one) && TWO_BOUNDS.test(other),
  },
];

/** Counts only where we do give the other result. */
export const MATH_DIFFERENCES: readonly Difference[] = KNOWN.map(({ reason, reference, concerns }) => ({
  reason,
  applies: ({ input, gold }) =>
    typeof input === 'string' &&
    typeof gold === 'string' &&
    (concerns(input, gold) || concerns(gold, input)) &&
    mathEquivalent(input, gold) !== reference,
  reference: () => reference,
}));
