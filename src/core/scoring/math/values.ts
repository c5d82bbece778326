/** Whether two expressions have the same value: exactly where a canonical form decides, else at fixed points. Part of the math scorer. */

import { type Complex, magnitude, minus } from './complex.js';
import { evaluate, isSame, lettersOf, sample } from './evaluate.js';
import { type Expr, isWhole, type Num } from './nodes.js';
import { crossDifference, formOf } from './polynomial.js';
import { equal, round, toNumber } from './rational.js';

/** Points at which expressions with letters are compared, and how many of them must be defined. */
const ROUNDS = 8;
const ENOUGH = 3;

/** math-verify's default `float_rounding`. */
const DECIMALS = 6;

/** True when the two are equal as functions of their letters, which stand for real numbers. */
function sameValue(a: Expr, b: Expr): boolean {
  if (isSame(a, b)) return !isUndefined(a);
  if (isInfinite(a) || isInfinite(b)) return false;
  const [formA, formB] = [formOf(a), formOf(b)];
  if (formA !== null && formB !== null) {
    if (formA.bottom.size === 0 || formB.bottom.size === 0) return false;
    const difference = crossDifference(formA, formB);
    if (difference?.size === 0) return true;
    if (difference !== null && formA.isComplete && formB.isComplete) return false;
  }
  return sameAtPoints(a, b);
}

function isUndefined(node: Expr): boolean {
  return node.kind === 'constant' && node.name === 'undefined';
}

function isInfinite(node: Expr): boolean {
  return node.kind === 'constant' && (node.name === 'oo' || node.name === '-oo');
}

function sameAtPoints(a: Expr, b: Expr): boolean {
  const letters = lettersOf(a, lettersOf(b));
  if (letters.size === 0) return isNear(evaluate(a, unknown), evaluate(b, unknown)) === true;
  let defined = 0;
  for (let at = 0; at < ROUNDS; at++) {
    const near = isNear(
      evaluate(a, (name) => sample(name, at)),
      evaluate(b, (name) => sample(name, at)),
    );
    if (near === false) return false;
    if (near === true) defined++;
  }
  return defined >= ENOUGH;
}

function unknown(): Complex {
  return { re: Number.NaN, im: Number.NaN };
}

/** Equal up to rounding errors; undefined where either has no finite value. */
function isNear(a: Complex, b: Complex): boolean | undefined {
  const size = Math.max(magnitude(a), magnitude(b));
  if (!Number.isFinite(size)) return undefined;
  return magnitude(minus(a, b)) <= 1e-10 * size + 1e-13;
}

function isNumber(node: Expr): node is Num | (Expr & { kind: 'percent' }) {
  return node.kind === 'num' || (node.kind === 'percent' && node.of.kind === 'num');
}

function isDecimal(node: Expr): boolean {
  return node.kind === 'num' ? node.float : node.kind === 'percent' && isDecimal(node.of);
}

/**
 * The rule of math-verify 0.9.0 for two expressions: where one is a decimal, both rounded to six places; a whole percentage equals
 * the same whole number with or without its sign; else equal values.
 */
export function sameExpression(gold: Expr, answer: Expr): boolean {
  if (isNumber(gold) || isNumber(answer)) {
    if (isDecimal(gold) || isDecimal(answer)) {
      if (sameRounded(gold, answer)) return true;
    } else {
      const [a, b] = [gold, answer].map((node) => (node.kind === 'percent' ? node.of : node)) as [Expr, Expr];
      if (isWhole(a) && isWhole(b) && equal(a.value, b.value)) return true;
    }
  }
  return sameValue(gold, answer);
}

/** A whole number is never rounded to: `4` is `4.0` and not `4.00000001`. */
function sameRounded(a: Expr, b: Expr): boolean {
  if ([a, b].some(isWhole)) return false;
  if (a.kind === 'num' && b.kind === 'num') return equal(round(a.value, DECIMALS), round(b.value, DECIMALS));
  if (lettersOf(a).size > 0 || lettersOf(b).size > 0) return false;
  const [x, y] = [evaluateConstant(a), evaluateConstant(b)];
  if (!Number.isFinite(magnitude(x)) || !Number.isFinite(magnitude(y))) return false;
  return roundedAlike(x.re, y.re) && roundedAlike(x.im, y.im);
}

function evaluateConstant(node: Expr): Complex {
  return node.kind === 'num' ? { re: toNumber(node.value), im: 0 } : evaluate(node, unknown);
}

function roundedAlike(x: number, y: number): boolean {
  const scale = 10 ** DECIMALS;
  if (Math.abs(x) > 1e9) return Math.abs(x - y) <= 1e-14 * Math.abs(x);
  return Math.round(x * scale) === Math.round(y * scale);
}
