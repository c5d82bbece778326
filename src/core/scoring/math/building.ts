/** What the math scorer's grammar builds: the node for each operation, with whole numbers and matrices worked out at once. */

import { determinant, matrix, matrixProduct, norm, sameShape, scaled, trace } from './matrices.js';
import { bounded, call, type Expr, integer, isWhole, negated, num, pow, product, quotient, sum, Unreadable } from './nodes.js';
import { power, rational } from './rational.js';

/** Sums and products over more terms are not worked out. */
const MAX_RANGE = 400;

export function plus(left: Expr, right: Expr): Expr {
  if (left.kind !== 'matrix' && right.kind !== 'matrix') return sum(left, right);
  if (left.kind !== 'matrix' || right.kind !== 'matrix' || !sameShape(left, right)) throw new Unreadable();
  return matrix(left.rows.map((row, i) => row.map((entry, j) => sum(entry, right.rows[i]?.[j] as Expr))));
}

export function minus(left: Expr, right: Expr): Expr {
  return plus(left, right.kind === 'num' ? negated(right) : times(num({ p: -1n, q: 1n }), right));
}

export function times(left: Expr, right: Expr): Expr {
  if (left.kind === 'matrix' && right.kind === 'matrix') return matrixProduct(left, right);
  if (left.kind === 'matrix') return scaled(left, right);
  if (right.kind === 'matrix') return scaled(right, left);
  if (isMinusOne(left)) return negated(right);
  return product(left, right);
}

function isMinusOne(node: Expr): boolean {
  return isWhole(node) && node.value.p === -1n;
}

/** Things next to each other: a mixed number where a whole number stands before a positive fraction, else a product from the right. */
export function juxtaposed(factors: readonly Expr[]): Expr {
  const [last, ...before] = factors.slice().reverse() as [Expr, ...Expr[]];
  return before.reduce((right, left) => {
    if (isWhole(left) && right.kind === 'num' && !right.float && right.value.p > 0n) {
      const whole = left.value.p * right.value.q;
      return num(rational(left.value.p < 0n ? whole - right.value.p : whole + right.value.p, right.value.q) as { p: bigint; q: bigint });
    }
    return times(left, right);
  }, last);
}

/** A fraction of whole numbers is one number; anything else is a product with an inverse. */
export function ratio(top: Expr, bottom: Expr): Expr {
  if (bottom.kind === 'matrix') throw new Unreadable();
  if (top.kind === 'matrix') return scaled(top, pow(bottom, integer(-1)));
  if (!isWhole(top) || !isWhole(bottom)) return quotient(top, bottom);
  const value = rational(top.value.p, bottom.value.p);
  return value === null ? { kind: 'constant', name: 'undefined' } : num(value);
}

export function operated(operator: string, left: Expr, right: Expr): Expr {
  if (operator === '*') return times(left, right);
  if (operator === 'mod') return call('mod', left, right);
  return ratio(left, right);
}

export function raised(base: Expr, exponent: Expr): Expr {
  if (base.kind !== 'matrix') return pow(base, exponent);
  const count = isWhole(exponent) ? Number(exponent.value.p) : 0;
  if (count < 1 || count > 8) throw new Unreadable();
  return Array.from({ length: count - 1 }).reduce<Expr>((result) => times(result, base), base);
}

export function root(base: Expr, degree: Expr | null): Expr {
  if (degree === null) return pow(base, num({ p: 1n, q: 2n }));
  return pow(
    base,
    isWhole(degree) && degree.value.p !== 0n ? num(rational(1n, degree.value.p) as { p: bigint; q: bigint }) : pow(degree, integer(-1)),
  );
}

export function binomial(top: Expr, bottom: Expr): Expr {
  if (isWhole(top) && isWhole(bottom)) {
    const [n, k] = [top.value.p, bottom.value.p];
    if (n >= 0n && n <= 1000n && k >= 0n) return num({ p: k > n ? 0n : choose(n, k), q: 1n });
  }
  return call('binomial', top, bottom);
}

function choose(n: bigint, k: bigint): bigint {
  let result = 1n;
  for (let i = 1n; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}

export function balanced(name: 'abs' | 'floor' | 'ceil'): (inner: Expr) => Expr {
  return (inner) => {
    if (inner.kind === 'matrix') throw new Unreadable();
    return call(name, inner);
  };
}

/** A letter applied to arguments; its name keeps its case. */
export function applied(name: string, args: readonly Expr[], exponent: Expr | null): Expr {
  const value = call(`fn ${name}`, ...args);
  return exponent === null ? value : pow(value, exponent);
}

const INVERSE = new Set(['sin', 'cos', 'tan', 'csc', 'sec', 'cot', 'sinh', 'cosh', 'tanh']);

/**
 * `\sin^2 x` and the like: `base` is the subscript, `exponent` the superscript. As in math-verify 0.9.0 `\log` has base 10.
 */
export function evaluatedFunction(name: string, base: Expr | null, exponent: Expr | null, args: readonly Expr[]): Expr {
  const first = args[0] as Expr;
  const isInverse = exponent !== null && isWhole(exponent) && exponent.value.p === -1n && INVERSE.has(name);
  const value = functionValue(isInverse ? `arc${name}` : name, base, first, args);
  return exponent === null || isInverse ? value : raised(value, exponent);
}

function functionValue(name: string, base: Expr | null, first: Expr, args: readonly Expr[]): Expr {
  if (name === 'det') return determinant(first);
  if (name === 'tr' || name === 'trace') return trace(first);
  if (name === 'norm') return norm(first);
  if (args.some((arg) => arg.kind === 'matrix')) throw new Unreadable();
  if (name === 'ln') return call('log', first, base ?? { kind: 'constant', name: 'e' });
  if (name === 'log') return call('log', first, base ?? integer(10));
  if (name === 'exp') return pow({ kind: 'constant', name: 'e' }, first);
  const known = name.replace(/^arc?(?=sinh|cosh|tanh)/, 'arc').toLowerCase();
  return FUNCTIONS.has(known) ? call(known, ...args) : unknownFunction();
}

const FUNCTIONS = new Set(
  'sin cos tan csc sec cot arcsin arccos arctan arccsc arcsec arccot sinh cosh tanh arcsinh arccosh arctanh floor ceil gamma gcd lcm max min'.split(
    ' ',
  ),
);

function unknownFunction(): never {
  throw new Unreadable();
}

/** A sum or product with whole bounds, written out; with others, a function of its parts. */
export function ranged(type: string, variable: Expr, from: Expr, to: Expr, body: Expr): Expr {
  if (variable.kind !== 'symbol') throw new Unreadable();
  if (!isWhole(from) || !isWhole(to) || to.value.p - from.value.p > BigInt(MAX_RANGE))
    return call(`range ${type}`, variable, from, to, body);
  const parts: Expr[] = [];
  bounded({ kind: 'add', terms: Array.from({ length: Math.max(0, Number(to.value.p - from.value.p) + 1) }, () => body) });
  for (let at = from.value.p; at <= to.value.p; at++) parts.push(substituted(body, variable.name, num({ p: at, q: 1n })));
  if (type === 'sum') return parts.length === 0 ? integer(0) : { kind: 'add', terms: parts };
  return parts.length === 0 ? integer(1) : { kind: 'mul', factors: parts };
}

function substituted(node: Expr, name: string, value: Expr): Expr {
  const inside = (part: Expr): Expr => substituted(part, name, value);
  switch (node.kind) {
    case 'symbol':
      return node.name === name ? value : node;
    case 'add':
      return { kind: 'add', terms: node.terms.map(inside) };
    case 'mul':
      return { kind: 'mul', factors: node.factors.map(inside) };
    case 'pow':
      return powerOf(inside(node.base), inside(node.exponent));
    case 'call':
      return call(node.name, ...node.args.map(inside));
    case 'matrix':
      throw new Unreadable();
    default:
      return node;
  }
}

function powerOf(base: Expr, exponent: Expr): Expr {
  const value = base.kind === 'num' && isWhole(exponent) ? power(base.value, exponent.value.p) : null;
  return value === null ? pow(base, exponent) : num(value, base.kind === 'num' && base.float);
}
