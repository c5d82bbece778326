/** When two parsed answers are equal: the order of rules of math-verify's grader. The middle of the math scorer. */

import { isSame } from './evaluate.js';
import { isClose, realSet, sameRealSet } from './intervals.js';
import { sameShape } from './matrices.js';
import { type Expr, type FiniteSet, type Interval, isRelation, isSet, type MathSet, type Matrix, type Node, type Tuple } from './nodes.js';
import { isAssignment, isEquation, lastSide, sameRelation, shortened, solutionSet } from './relations.js';
import { sameExpression } from './values.js';

/** Sets with more items are compared as written: matching them costs a comparison for every pair. */
const MAX_ITEMS = 40;

/**
 * The rule of `verify` in math-verify 0.9.0 (`sympy_expr_eq`, strict). Not symmetric: `x = 5` answers `5` and the other way round,
 * and an interval answers the inequality that it solves, but an inequality does not answer an interval.
 */
export function sameAnswer(goldNode: Node, answerNode: Node): boolean {
  let gold: Node = isAssignment(goldNode) ? shortened(goldNode) : goldNode;
  let answer: Node = isAssignment(answerNode) ? shortened(answerNode) : answerNode;
  if (isEquation(answer) && !isEquation(gold)) answer = lastSide(answer);
  else if (isAssignment(gold) && !isEquation(answer)) gold = lastSide(gold);
  if (isRelation(gold) && isSet(answer)) {
    const [solutions, answered] = [solutionSet(gold), realSet(unwrapped(answer))];
    if (solutions !== null && answered !== null) return sameRealSet(solutions, answered);
  }
  if (gold.kind === 'constant' && gold.name === 'undefined') return false;
  if (isSame(gold, answer)) return true;
  if (isRelation(gold) && isRelation(answer)) return sameRelation(gold, answer, sameAnswer);
  if (isRelation(gold) || isRelation(answer)) return false;
  if (isSet(gold) || isSet(answer) || gold.kind === 'tuple' || answer.kind === 'tuple') return sameSet(collected(gold), collected(answer));
  if (gold.kind === 'symbol' || answer.kind === 'symbol') return sameLetters(gold, answer);
  if (gold.kind === 'matrix' || answer.kind === 'matrix') return sameMatrix(gold, answer);
  return sameExpression(gold, answer);
}

/** `x = 1, x = 2` as the set of its values. */
function unwrapped(set: MathSet): MathSet {
  return set.kind === 'set' ? { kind: 'set', items: set.items.map((item) => (isEquation(item) ? lastSide(item) : item)) } : set;
}

function sameMatrix(gold: Expr, answer: Expr): boolean {
  if (gold.kind !== 'matrix' || answer.kind !== 'matrix' || !sameShape(gold, answer)) return false;
  const entries = (matrix: Matrix): Expr[] => matrix.rows.flat();
  const others = entries(answer);
  return entries(gold).every((entry, at) => sameExpression(entry, others[at] as Expr));
}

/** A single letter or word equals only itself and the same letters written out: `\text{yes}` is `yes`, a product of three, `\mathbf{5}` is `5`. */
function sameLetters(gold: Expr, answer: Expr): boolean {
  const [a, b] = [wordOf(gold), wordOf(answer)];
  return a !== null && a === b;
}

function wordOf(node: Expr): string | null {
  if (node.kind === 'symbol') return node.name.toLowerCase();
  if (node.kind === 'num' && !node.float) return node.value.q === 1n ? `${node.value.p}` : `${node.value.p}/${node.value.q}`;
  if (node.kind === 'constant') return node.name === 'e' ? 'e' : null;
  if (node.kind !== 'mul') return null;
  const words = node.factors.map((factor) => (factor.kind === 'mul' || factor.kind === 'num' ? null : wordOf(factor)));
  return words.includes(null) ? null : words.join('');
}

function collected(node: Node): MathSet | Tuple {
  return isSet(node) || node.kind === 'tuple' ? node : { kind: 'set', items: [node] };
}

function sameSet(gold: MathSet | Tuple, answer: MathSet | Tuple): boolean {
  if (gold.kind === 'interval' && answer.kind === 'interval') return sameInterval(gold, answer);
  if (gold.kind !== 'tuple' && answer.kind !== 'tuple') {
    const [a, b] = [realSet(gold), realSet(answer)];
    if (a !== null && b !== null && sameRealSet(a, b)) return true;
    if (gold.kind === 'setop' && answer.kind === 'setop') return sameOperation(gold, answer);
  }
  if (hasItems(gold) && hasItems(answer)) return sameItems(gold, answer);
  if (gold.kind === 'interval' && hasItems(answer)) return sameItems(asPair(gold), answer);
  if (answer.kind === 'interval' && hasItems(gold)) return sameItems(gold, asPair(answer));
  return false;
}

function sameOperation(gold: MathSet & { kind: 'setop' }, answer: MathSet & { kind: 'setop' }): boolean {
  if (gold.op !== answer.op) return false;
  if (sameAnswer(gold.left, answer.left) && sameAnswer(gold.right, answer.right)) return true;
  return gold.op !== 'minus' && sameAnswer(gold.left, answer.right) && sameAnswer(gold.right, answer.left);
}

function sameInterval(gold: Interval, answer: Interval): boolean {
  return gold.loOpen === answer.loOpen && gold.hiOpen === answer.hiOpen && sameAnswer(gold.lo, answer.lo) && sameAnswer(gold.hi, answer.hi);
}

function hasItems(node: MathSet | Tuple): node is FiniteSet | Tuple {
  return node.kind === 'set' || node.kind === 'tuple';
}

/** `(1, 2)` reads as an open interval, and may have been meant as a point or a list. */
function asPair(node: Interval): Tuple {
  return { kind: 'tuple', items: node.loOpen && node.hiOpen ? [node.lo, node.hi] : [] };
}

/** Tuples in order; a set as gold in any order; a tuple as gold takes a set's items in the order they were written. */
function sameItems(gold: FiniteSet | Tuple, answer: FiniteSet | Tuple): boolean {
  if (gold.items.length !== answer.items.length || gold.items.length === 0) return false;
  const inOrder = gold.items.every((item, at) => sameAnswer(item, answer.items[at] as Node));
  return inOrder || (gold.kind === 'set' && gold.items.length <= MAX_ITEMS && canPair(gold.items, answer.items));
}

/** True when every item of `gold` can have an item of `answer` of its own (augmenting paths, Kuhn 1955). */
function canPair(gold: readonly Node[], answer: readonly Node[]): boolean {
  const fits = gold.map((item) => answer.map((other) => quickly(item, other) && sameAnswer(item, other)));
  const owner: (number | undefined)[] = answer.map(() => undefined);
  const place = (item: number, tried: Set<number>): boolean =>
    (fits[item] as boolean[]).some((isFit, at) => {
      if (!isFit || tried.has(at)) return false;
      tried.add(at);
      const holder = owner[at];
      if (holder !== undefined && !place(holder, tried)) return false;
      owner[at] = item;
      return true;
    });
  return gold.every((_, item) => place(item, new Set()));
}

/** Two plain numbers are told apart without further work. */
function quickly(a: Node, b: Node): boolean {
  if (a.kind !== 'num' || b.kind !== 'num') return true;
  return isClose(Number(a.value.p) / Number(a.value.q), Number(b.value.p) / Number(b.value.q)) || a.float || b.float;
}
