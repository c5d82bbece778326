/** Quotients of polynomials with exact coefficients: the canonical forms by which the math scorer decides most equalities. */

import { type Expr, isWhole, key } from './nodes.js';
import { add, equal, multiply, negate, ONE, power, type Rational, ZERO } from './rational.js';

/** A monomial as generator → exponent in order of generators, with its coefficient. */
interface Term {
  readonly exponents: ReadonlyMap<string, number>;
  readonly coefficient: Rational;
}

/** Terms by the text of their monomial; no term is zero. */
export type Polynomial = ReadonlyMap<string, Term>;

export interface Fraction {
  readonly top: Polynomial;
  readonly bottom: Polynomial;
}

/** Forms with more terms, higher powers or more work than this are left to evaluation. */
const MAX_TERMS = 600;
const MAX_POWER = 60;
const MAX_WORK = 60_000;

/** Thrown inside this file only: the form grows beyond the limits. */
class TooMuch extends Error {}

/** The imaginary unit as a generator: its square is −1. */
const IMAGINARY = '#i';

export interface Form extends Fraction {
  /** False when some part (a root, a logarithm, …) was taken as if it were a letter: then only equality is decided. */
  readonly isComplete: boolean;
}

/** The canonical form of an expression, or null where it has none within the limits. */
export function formOf(node: Expr): Form | null {
  const builder = new Builder();
  try {
    const fraction = builder.fraction(node);
    return fraction === null ? null : { ...fraction, isComplete: builder.isComplete };
  } catch (error) {
    if (error instanceof TooMuch) return null;
    throw error;
  }
}

/** a·d − c·b of a/b and c/d: empty exactly when the two are the same; null beyond the limits. */
export function crossDifference(a: Fraction, b: Fraction): Polynomial | null {
  const builder = new Builder();
  try {
    return builder.sum(builder.product(a.top, b.bottom), scale(builder.product(b.top, a.bottom), negate(ONE)));
  } catch (error) {
    if (error instanceof TooMuch) return null;
    throw error;
  }
}

/** True when one polynomial is the other times a number. */
export function areProportional(a: Polynomial, b: Polynomial): boolean {
  if (a.size !== b.size || a.size === 0) return false;
  const [monomial, first] = a.entries().next().value as [string, Term];
  const other = b.get(monomial);
  if (other === undefined) return false;
  return [...a].every(([name, term]) => {
    const match = b.get(name);
    return match !== undefined && equal(multiply(term.coefficient, other.coefficient), multiply(match.coefficient, first.coefficient));
  });
}

/** The coefficients of a polynomial in one generator, lowest first; null where it has another or a degree above `maxDegree`. */
export function coefficients(polynomial: Polynomial, generator: string, maxDegree: number): Rational[] | null {
  const result: Rational[] = [];
  for (const { exponents, coefficient } of polynomial.values()) {
    const degree = exponents.get(generator) ?? 0;
    if (exponents.size > (degree > 0 ? 1 : 0) || degree > maxDegree) return null;
    result[degree] = coefficient;
  }
  return Array.from(result, (coefficient) => coefficient ?? ZERO);
}

function scale(polynomial: Polynomial, factor: Rational): Polynomial {
  return new Map([...polynomial].map(([name, term]) => [name, { ...term, coefficient: multiply(term.coefficient, factor) }]));
}

function constantOf(value: Rational): Polynomial {
  return value.p === 0n ? new Map() : new Map([['', { exponents: new Map(), coefficient: value }]]);
}

function nameOf(exponents: ReadonlyMap<string, number>): string {
  return [...exponents].map(([generator, exponent]) => `${generator}^${exponent}`).join(' ');
}

class Builder {
  isComplete = true;
  private work = 0;

  fraction(node: Expr): Fraction | null {
    switch (node.kind) {
      case 'num':
        return this.whole(constantOf(node.value));
      case 'percent': {
        const inner = this.fraction(node.of);
        return inner === null ? null : { top: inner.top, bottom: scale(inner.bottom, { p: 100n, q: 1n }) };
      }
      case 'constant':
        return ['oo', '-oo', 'undefined'].includes(node.name) ? null : this.generator(`#${node.name}`);
      case 'symbol':
        return this.generator(`$${node.name}`);
      case 'add':
        return this.folded(node.terms, constantOf(ZERO), (a, b) => this.sumOf(a, b));
      case 'mul':
        return this.folded(node.factors, constantOf(ONE), (a, b) => this.productOf(a, b));
      case 'pow':
        return this.powerOf(node.base, node.exponent);
      case 'call':
        return this.opaque(node);
      case 'matrix':
        return null;
    }
  }

  private whole(top: Polynomial): Fraction {
    return { top, bottom: constantOf(ONE) };
  }

  private generator(name: string): Fraction {
    return this.whole(new Map([[`${name}^1`, { exponents: new Map([[name, 1]]), coefficient: ONE }]]));
  }

  private opaque(node: Expr): Fraction {
    this.isComplete = false;
    return this.generator(key(node));
  }

  private folded(nodes: readonly Expr[], start: Polynomial, join: (a: Fraction, b: Fraction) => Fraction): Fraction | null {
    let result = this.whole(start);
    for (const node of nodes) {
      const next = this.fraction(node);
      if (next === null) return null;
      result = join(result, next);
    }
    return result;
  }

  private sumOf(a: Fraction, b: Fraction): Fraction {
    if (samePolynomial(a.bottom, b.bottom)) return { top: this.sum(a.top, b.top), bottom: a.bottom };
    return { top: this.sum(this.product(a.top, b.bottom), this.product(b.top, a.bottom)), bottom: this.product(a.bottom, b.bottom) };
  }

  private productOf(a: Fraction, b: Fraction): Fraction {
    return { top: this.product(a.top, b.top), bottom: this.product(a.bottom, b.bottom) };
  }

  private powerOf(base: Expr, exponent: Expr): Fraction | null {
    if (!isWhole(exponent)) return this.opaque({ kind: 'pow', base, exponent });
    const inner = this.fraction(base);
    if (inner === null) return null;
    const size = exponent.value.p < 0n ? -exponent.value.p : exponent.value.p;
    const raised = { top: this.powered(inner.top, size), bottom: this.powered(inner.bottom, size) };
    if (exponent.value.p >= 0n) return raised;
    return raised.top.size === 0 ? null : { top: raised.bottom, bottom: raised.top };
  }

  private powered(polynomial: Polynomial, exponent: bigint): Polynomial {
    const plain = polynomial.size === 1 ? polynomial.get('') : undefined;
    if (plain !== undefined) {
      const value = power(plain.coefficient, exponent);
      if (value === null) throw new TooMuch();
      return constantOf(value);
    }
    if (polynomial.size === 0) return exponent === 0n ? constantOf(ONE) : polynomial;
    if (exponent > BigInt(MAX_POWER)) throw new TooMuch();
    let result = constantOf(ONE);
    for (let count = 0n; count < exponent; count++) result = this.product(result, polynomial);
    return result;
  }

  sum(a: Polynomial, b: Polynomial): Polynomial {
    const result = new Map(a);
    for (const [name, term] of b) put(result, name, term);
    return result;
  }

  product(a: Polynomial, b: Polynomial): Polynomial {
    this.work += a.size * b.size;
    if (this.work > MAX_WORK) throw new TooMuch();
    const result = new Map<string, Term>();
    for (const left of a.values()) {
      for (const right of b.values()) {
        const term = reduced(left, right);
        put(result, nameOf(term.exponents), term);
      }
    }
    if (result.size > MAX_TERMS) throw new TooMuch();
    return result;
  }
}

function samePolynomial(a: Polynomial, b: Polynomial): boolean {
  return a.size === b.size && [...a].every(([name, term]) => equal(term.coefficient, b.get(name)?.coefficient ?? ZERO));
}

function put(terms: Map<string, Term>, name: string, term: Term): void {
  const known = terms.get(name);
  const coefficient = known === undefined ? term.coefficient : add(known.coefficient, term.coefficient);
  if (coefficient.p === 0n) terms.delete(name);
  else terms.set(name, { ...term, coefficient });
}

/** The product of two terms, with i² = −1. */
function reduced(a: Term, b: Term): Term {
  const exponents = new Map<string, number>();
  const generators = [...new Set([...a.exponents.keys(), ...b.exponents.keys()])].sort();
  let coefficient = multiply(a.coefficient, b.coefficient);
  for (const generator of generators) {
    let exponent = (a.exponents.get(generator) ?? 0) + (b.exponents.get(generator) ?? 0);
    if (generator === IMAGINARY) {
      if (exponent % 4 >= 2) coefficient = negate(coefficient);
      exponent %= 2;
    }
    if (exponent !== 0) exponents.set(generator, exponent);
  }
  return { exponents, coefficient };
}
