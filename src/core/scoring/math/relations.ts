/** Equations and inequalities as answers: when two of them say the same, and which numbers they allow. Part of the math scorer. */

import { lettersOf } from './evaluate.js';
import { complement, intersected, joined, type Piece, type RealSet } from './intervals.js';
import { type Chain, type Expr, isExpr, type Node, negated, type Relation, type RelationOp, sum } from './nodes.js';
import { areProportional, coefficients, formOf } from './polynomial.js';
import { type Rational, toNumber } from './rational.js';
import { sameExpression } from './values.js';

const FLIPPED: Readonly<Record<RelationOp, RelationOp | null>> = { '=': '=', '!=': null, '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

export function isEquation(node: Node): node is Relation | Chain {
  return node.kind === 'relation' ? node.op === '=' : node.kind === 'chain' && node.relations.every(({ op }) => op === '=');
}

/** An equation whose left side is made of letters only: `x = 5`, `AB = 5`, `f(x) = 5`, `(x, y) = (1, 2)`. */
export function isAssignment(node: Node): node is Relation | Chain {
  if (!isEquation(node)) return false;
  const first = node.kind === 'chain' ? node.relations[0] : node;
  return first !== undefined && isOnlyLetters(first.left);
}

/** True for letters and sums, products, powers, functions and tuples of them. */
export function isOnlyLetters(node: Node): boolean {
  switch (node.kind) {
    case 'symbol':
      return true;
    case 'mul':
      return node.factors.every(isOnlyLetters);
    case 'add':
      return node.terms.every(isOnlyLetters);
    case 'pow':
      return isOnlyLetters(node.base) && (isOnlyLetters(node.exponent) || isInverse(node.exponent));
    case 'call':
      return node.args.length > 0 && node.args.every(isOnlyLetters);
    case 'tuple':
      return node.items.every(isOnlyLetters);
    default:
      return false;
  }
}

function isInverse(exponent: Expr): boolean {
  return exponent.kind === 'num' && exponent.value.p === -1n && exponent.value.q === 1n;
}

/** What stands right of the last sign. */
export function lastSide(node: Relation | Chain): Node {
  return node.kind === 'chain' ? (node.relations.at(-1) as Relation).right : node.right;
}

/** `a = b = c` with letters on the left, as `a = c`. */
export function shortened(node: Relation | Chain): Relation {
  const first = node.kind === 'chain' ? (node.relations[0] as Relation) : node;
  return { kind: 'relation', op: '=', left: first.left, right: lastSide(node) };
}

/**
 * The rule of math-verify 0.9.0: the same sign and the same difference of sides, or the mirrored sign and the opposite difference;
 * equations in several letters also by their solutions. `2x > 10` and `x > 5` differ there, and chains are compared link by link, in order.
 */
export function sameRelation(gold: Relation | Chain, answer: Relation | Chain, same: (a: Node, b: Node) => boolean): boolean {
  if (gold.kind === 'chain' && answer.kind === 'chain') {
    return (
      gold.relations.length === answer.relations.length &&
      gold.relations.every((relation, at) => sameRelation(relation, answer.relations[at] as Relation, same))
    );
  }
  if (gold.kind === 'chain' || answer.kind === 'chain') return false;
  const [a, b] = [difference(gold), difference(answer)];
  if (a === null || b === null) return gold.op === answer.op && same(gold.left, answer.left) && same(gold.right, answer.right);
  if (gold.op === answer.op && sameExpression(a, b)) return true;
  if (FLIPPED[gold.op] === answer.op && sameExpression(a, negated(b))) return true;
  return gold.op === '=' && answer.op === '=' && areMultiples(a, b);
}

function difference({ left, right }: Relation): Expr | null {
  if (!isExpr(left) || !isExpr(right) || left.kind === 'matrix' || right.kind === 'matrix') return null;
  return sum(left, negated(right));
}

/**
 * Equations in several letters are solved there, which makes multiples of each other equal. Equations in one letter are not (the
 * reference trips over its own list of roots): `2x = 10` is not `x = 5`.
 */
function areMultiples(a: Expr, b: Expr): boolean {
  if (lettersOf(a).size < 2) return false;
  const [formA, formB] = [formOf(a), formOf(b)];
  return formA !== null && formB !== null && areProportional(formA.top, formB.top);
}

/** The real roots of a polynomial of degree 0 to 2, ascending and each once; null for none of these, or for zero itself. */
function realRoots(polynomial: readonly Rational[] | null): number[] | null {
  if (polynomial === null || polynomial.length === 0) return null;
  const [c = 0, b = 0, a = 0] = polynomial.map(toNumber);
  if (a === 0) return b === 0 ? [] : [-c / b];
  const discriminant = b * b - 4 * a * c;
  if (discriminant < 0) return [];
  const root = Math.sqrt(discriminant);
  const ends = [(-b - root) / (2 * a), (-b + root) / (2 * a)].sort((x, y) => x - y);
  return root === 0 ? ends.slice(0, 1) : ends;
}

/** The real numbers that a relation in one letter allows, where both sides are of degree 2 at most, or one is `|…|`; else null. */
export function solutionSet(node: Relation | Chain): RealSet | null {
  if (node.kind === 'chain') {
    const sets = node.relations.map(solutionSet);
    return sets.reduce((a, b) => (a === null || b === null ? null : intersected(a, b)));
  }
  const magnitude = withoutMagnitude(node);
  if (magnitude !== null) return magnitude;
  const gap = difference(node);
  const letters = gap === null ? [] : [...lettersOf(gap)];
  const form = gap === null ? null : formOf(gap);
  if (letters.length !== 1 || form === null || !form.isComplete) return null;
  const [top, bottom] = [form.top, form.bottom].map((part) => coefficients(part, `$${letters[0]}`, 2));
  const [zeros, poles] = [realRoots(top ?? null), realRoots(bottom ?? null)];
  if (zeros === null || poles === null || !top || !bottom) return null;
  return allowed(node.op, { zeros, poles, at: (x) => valueAt(top, x) / valueAt(bottom, x) });
}

/** `|a| < b` is `a < b` and `−a < b`; `|a| > b` is one of `a > b` and `−a > b`. Null for other relations. */
function withoutMagnitude({ op, left, right }: Relation): RealSet | null {
  const flipped = FLIPPED[op];
  if (flipped === null || op === '=' || !isExpr(left) || !isExpr(right)) return null;
  if (right.kind === 'call' && right.name === 'abs') return solutionSet({ kind: 'relation', op: flipped, left: right, right: left });
  const inner = left.kind === 'call' && left.name === 'abs' ? left.args[0] : undefined;
  if (inner === undefined || right.kind !== 'num') return null;
  const sides = [inner, negated(inner)].map((side) => solutionSet({ kind: 'relation', op, left: side, right }));
  const [a, b] = sides as [RealSet | null, RealSet | null];
  if (a === null || b === null) return null;
  return op.startsWith('<') ? intersected(a, b) : joined([...a, ...b]);
}

function valueAt(polynomial: readonly Rational[], x: number): number {
  return polynomial.reduceRight((value, coefficient) => value * x + toNumber(coefficient), 0);
}

interface Signs {
  readonly zeros: readonly number[];
  readonly poles: readonly number[];
  readonly at: (x: number) => number;
}

function allowed(op: RelationOp, { zeros, poles, at }: Signs): RealSet {
  const points = zeros.map((x): Piece => ({ lo: x, hi: x, loOpen: false, hiOpen: false }));
  const undefinedAt = complement(joined(poles.map((x) => ({ lo: x, hi: x, loOpen: false, hiOpen: false }))));
  if (op === '=') return intersected(joined(points), undefinedAt);
  const ends = [...new Set([...zeros, ...poles])].sort((a, b) => a - b);
  const bounds = [Number.NEGATIVE_INFINITY, ...ends, Number.POSITIVE_INFINITY];
  const pieces: Piece[] = op === '<=' || op === '>=' ? points : [];
  for (let index = 0; index + 1 < bounds.length; index++) {
    const [lo, hi] = [bounds[index] as number, bounds[index + 1] as number];
    const value = at(between(lo, hi));
    if (op === '!=' || (op.startsWith('<') ? value < 0 : value > 0)) pieces.push({ lo, hi, loOpen: true, hiOpen: true });
  }
  return intersected(joined(pieces), undefinedAt);
}

function between(lo: number, hi: number): number {
  if (lo === Number.NEGATIVE_INFINITY) return hi === Number.POSITIVE_INFINITY ? 0 : hi - 1;
  return hi === Number.POSITIVE_INFINITY ? lo + 1 : (lo + hi) / 2;
}
