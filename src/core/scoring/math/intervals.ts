/** Intervals as answers, and sets of real numbers as unions of pieces: what the math scorer compares unions and solution sets with. */

import { realValue } from './evaluate.js';
import { type Expr, finiteSet, type Node, Unreadable } from './nodes.js';

/**
 * `(a, b)` and its kin. As in math-verify 0.9.0 a pair whose ends are out of order is a tuple: `(2, 1)` is a point, `[3, 3)` empty.
 */
export function interval(lo: Expr, hi: Expr, loOpen: boolean, hiOpen: boolean): Node {
  if (lo.kind === 'matrix' || hi.kind === 'matrix') throw new Unreadable();
  const [from, to] = [realValue(lo), realValue(hi)];
  if (from !== null && to !== null && to <= from) {
    const isBackward = to < from;
    if (loOpen === hiOpen && (loOpen || isBackward)) return { kind: 'tuple', items: [lo, hi] };
    return isBackward || loOpen || hiOpen ? { kind: 'literal', name: 'empty' } : finiteSet([lo]);
  }
  return {
    kind: 'interval',
    lo,
    hi,
    loOpen: loOpen || from === Number.NEGATIVE_INFINITY,
    hiOpen: hiOpen || to === Number.POSITIVE_INFINITY,
  };
}

/** A piece of the real line; a point is closed at both ends. */
export interface Piece {
  readonly lo: number;
  readonly hi: number;
  readonly loOpen: boolean;
  readonly hiOpen: boolean;
}

/** Disjoint pieces from left to right. */
export type RealSet = readonly Piece[];

const ALL: RealSet = [{ lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY, loOpen: true, hiOpen: true }];

export function isClose(a: number, b: number): boolean {
  if (a === b) return true;
  return Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Sorted and joined; empty pieces dropped. */
export function joined(pieces: readonly Piece[]): RealSet {
  const sorted = pieces.filter(isPiece).sort((a, b) => (isClose(a.lo, b.lo) ? Number(a.loOpen) - Number(b.loOpen) : a.lo - b.lo));
  const result: Piece[] = [];
  for (const piece of sorted) {
    const last = result.at(-1);
    if (last === undefined || !touches(last, piece)) result.push(piece);
    else if (isClose(piece.hi, last.hi)) result[result.length - 1] = { ...last, hiOpen: last.hiOpen && piece.hiOpen };
    else if (piece.hi > last.hi) result[result.length - 1] = { ...last, hi: piece.hi, hiOpen: piece.hiOpen };
  }
  return result;
}

function isPiece(piece: Piece): boolean {
  return isClose(piece.lo, piece.hi) ? !piece.loOpen && !piece.hiOpen : piece.lo < piece.hi;
}

function touches(left: Piece, right: Piece): boolean {
  return isClose(right.lo, left.hi) ? !(left.hiOpen && right.loOpen) : right.lo < left.hi;
}

export function complement(set: RealSet): RealSet {
  const gaps: Piece[] = [];
  let [lo, loOpen] = [Number.NEGATIVE_INFINITY, true];
  for (const piece of set) {
    gaps.push({ lo, loOpen, hi: piece.lo, hiOpen: !piece.loOpen || piece.lo === Number.NEGATIVE_INFINITY });
    [lo, loOpen] = [piece.hi, !piece.hiOpen || piece.hi === Number.POSITIVE_INFINITY];
  }
  gaps.push({ lo, loOpen, hi: Number.POSITIVE_INFINITY, hiOpen: true });
  return gaps.filter((gap) => (gap.lo < gap.hi && !isClose(gap.lo, gap.hi) ? true : !gap.loOpen && !gap.hiOpen && isClose(gap.lo, gap.hi)));
}

export function intersected(a: RealSet, b: RealSet): RealSet {
  return complement(joined([...complement(a), ...complement(b)]));
}

export function sameRealSet(a: RealSet, b: RealSet): boolean {
  return (
    a.length === b.length &&
    a.every((piece, at) => {
      const other = b[at] as Piece;
      return isClose(piece.lo, other.lo) && isClose(piece.hi, other.hi) && piece.loOpen === other.loOpen && piece.hiOpen === other.hiOpen;
    })
  );
}

/** The set of real numbers that a node describes, or null where it has letters or other members. */
export function realSet(node: Node): RealSet | null {
  switch (node.kind) {
    case 'interval': {
      const [lo, hi] = [realValue(node.lo), realValue(node.hi)];
      return lo === null || hi === null ? null : joined([{ lo, hi, loOpen: node.loOpen, hiOpen: node.hiOpen }]);
    }
    case 'literal':
      return node.name === 'R' ? ALL : node.name === 'empty' ? [] : null;
    case 'set':
      return points(node.items);
    case 'setop': {
      const [left, right] = [realSet(node.left), realSet(node.right)];
      if (left === null || right === null) return null;
      if (node.op === 'union') return joined([...left, ...right]);
      return intersected(left, node.op === 'minus' ? complement(right) : right);
    }
    default:
      return null;
  }
}

function points(items: readonly Node[]): RealSet | null {
  const values = items.map(realValue);
  if (values.some((value) => value === null || !Number.isFinite(value))) return null;
  return joined(values.map((value) => ({ lo: value as number, hi: value as number, loOpen: false, hiOpen: false })));
}
