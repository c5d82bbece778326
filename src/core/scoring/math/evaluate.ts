/** The value of an expression at given values of its letters: what the math scorer falls back on where no exact form decides. */

import type { Complex } from './complex.js';
import * as c from './complex.js';
import { type Expr, isExpr, key, type Node, partsOf } from './nodes.js';
import { toNumber } from './rational.js';

/** Values by the name of the letter. */
export type Point = (name: string) => Complex;

const CONSTANTS: Readonly<Record<string, Complex>> = {
  pi: c.complex(Math.PI),
  e: c.complex(Math.E),
  i: c.complex(0, 1),
  gamma: c.complex(0.5772156649015329),
  oo: c.complex(Number.POSITIVE_INFINITY),
  '-oo': c.complex(Number.NEGATIVE_INFINITY),
};

const ONE_ARGUMENT: Readonly<Record<string, (a: Complex) => Complex>> = {
  sin: c.sin,
  cos: c.cos,
  tan: (a) => c.over(c.sin(a), c.cos(a)),
  csc: (a) => c.over(c.complex(1), c.sin(a)),
  sec: (a) => c.over(c.complex(1), c.cos(a)),
  cot: (a) => c.over(c.cos(a), c.sin(a)),
  arcsin: c.arcsin,
  arccos: c.arccos,
  arctan: c.arctan,
  arccsc: (a) => c.arcsin(c.over(c.complex(1), a)),
  arcsec: (a) => c.arccos(c.over(c.complex(1), a)),
  arccot: (a) => c.arctan(c.over(c.complex(1), a)),
  sinh: c.sinh,
  cosh: c.cosh,
  tanh: (a) => c.over(c.sinh(a), c.cosh(a)),
  arcsinh: c.arcsinh,
  arccosh: c.arccosh,
  arctanh: c.arctanh,
  abs: (a) => c.complex(c.magnitude(a)),
  floor: (a) => c.complex(nearFloor(a.re), nearFloor(a.im)),
  ceil: (a) => c.complex(-nearFloor(-a.re), -nearFloor(-a.im)),
  gamma: c.gamma,
  factorial: (a) => c.gamma(c.plus(a, c.complex(1))),
};

const MORE_ARGUMENTS: Readonly<Record<string, (a: Complex, b: Complex) => Complex>> = {
  log: (a, base) => c.over(c.log(a), c.log(base)),
  mod: (a, b) => real(a, b, (x, y) => x - y * nearFloor(x / y)),
  max: (a, b) => real(a, b, Math.max),
  min: (a, b) => real(a, b, Math.min),
  gcd: (a, b) => real(a, b, wholeGcd),
  lcm: (a, b) => real(a, b, (x, y) => Math.abs(x * y) / wholeGcd(x, y)),
  binomial: (n, k) => {
    const one = c.complex(1);
    return c.over(c.gamma(c.plus(n, one)), c.times(c.gamma(c.plus(k, one)), c.gamma(c.plus(c.minus(n, k), one))));
  },
};

/** The floor, where a value a rounding error below a whole number is that number. */
function nearFloor(x: number): number {
  const near = Math.round(x);
  return Math.abs(x - near) < 1e-11 * Math.max(1, Math.abs(x)) ? near : Math.floor(x);
}

function real(a: Complex, b: Complex, of: (x: number, y: number) => number): Complex {
  return a.im === 0 && b.im === 0 ? c.complex(of(a.re, b.re)) : c.NAN;
}

function wholeGcd(x: number, y: number): number {
  let [a, b] = [Math.abs(x), Math.abs(y)];
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return Number.NaN;
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** The value; NaN where it is undefined, out of range, or of no known function. */
export function evaluate(node: Expr, point: Point): Complex {
  switch (node.kind) {
    case 'num':
      return c.complex(toNumber(node.value));
    case 'percent':
      return c.over(evaluate(node.of, point), c.complex(100));
    case 'constant':
      return CONSTANTS[node.name] ?? c.NAN;
    case 'symbol':
      return point(node.name);
    case 'add':
      return node.terms.map((term) => evaluate(term, point)).reduce(c.plus, c.complex(0));
    case 'mul':
      return node.factors.map((factor) => evaluate(factor, point)).reduce(c.times, c.complex(1));
    case 'pow':
      return c.pow(evaluate(node.base, point), evaluate(node.exponent, point));
    case 'call':
      return evaluateCall(node.name, node.args, point);
    case 'matrix':
      return c.NAN;
  }
}

function evaluateCall(name: string, args: readonly Expr[], point: Point): Complex {
  const values = args.map((arg) => evaluate(arg, point));
  const [first] = values as [Complex];
  const one = ONE_ARGUMENT[name];
  if (one !== undefined) return one(first);
  const more = MORE_ARGUMENTS[name];
  if (more !== undefined) return values.length === 1 ? first : values.reduce(more);
  return name.startsWith('fn ') ? invented(name, values) : c.NAN;
}

/** A function that has only a name gets values of its own: equal ones exactly for equal arguments. */
function invented(name: string, values: readonly Complex[]): Complex {
  const seed = sample(name, values.length);
  const mixed = values.reduce((sum, value, at) => c.plus(sum, c.times(value, sample(`${name}/${at}`, 7))), seed);
  return c.plus(c.sin(mixed), c.times(c.complex(0.3), mixed));
}

/** The fixed value of a letter at sample point `round`: real, of either sign, between 0.2 and 2.9 in size, never a round number. */
export function sample(name: string, round: number): Complex {
  let hash = 2166136261 ^ (round * 40503);
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519);
  hash ^= hash >>> 13;
  const size = 0.2 + ((hash >>> 1) % 1_000_003) * 2.7e-6;
  return c.complex(hash & 1 ? size : -size);
}

/** The value of an expression without letters as a real number, or null. */
export function realValue(node: Node): number | null {
  if (!isExpr(node)) return null;
  const value = evaluate(node, () => c.NAN);
  const isReal = !Number.isNaN(value.re) && (value.im === 0 || Math.abs(value.im) < 1e-12 * Math.abs(value.re));
  return isReal ? value.re : null;
}

/** The letters of an expression. */
export function lettersOf(node: Expr, found = new Set<string>()): Set<string> {
  if (node.kind === 'symbol') found.add(node.name);
  for (const part of partsOf(node)) lettersOf(part, found);
  return found;
}

/** True when two expressions are written alike. */
export function isSame(a: Node, b: Node): boolean {
  return key(a) === key(b);
}
