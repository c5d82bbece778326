/** The expression tree of the math scorer: what the grammar builds from LaTeX, and what is compared. */

import { ONE, type Rational } from './rational.js';

/** A number as written; `float` when it was a decimal, which is compared after rounding. */
export interface Num {
  readonly kind: 'num';
  readonly value: Rational;
  readonly float: boolean;
}

export type ConstantName = 'pi' | 'e' | 'i' | 'oo' | '-oo' | 'gamma' | 'undefined';

export type Expr =
  | Num
  | { readonly kind: 'percent'; readonly of: Expr }
  | { readonly kind: 'constant'; readonly name: ConstantName }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'add'; readonly terms: readonly Expr[] }
  | { readonly kind: 'mul'; readonly factors: readonly Expr[] }
  | { readonly kind: 'pow'; readonly base: Expr; readonly exponent: Expr }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expr[] }
  | Matrix;

export interface Matrix {
  readonly kind: 'matrix';
  readonly rows: readonly (readonly Expr[])[];
}

export type LiteralSetName = 'N' | 'Z' | 'Q' | 'R' | 'C' | 'empty';

export interface Interval {
  readonly kind: 'interval';
  readonly lo: Expr;
  readonly hi: Expr;
  readonly loOpen: boolean;
  readonly hiOpen: boolean;
}

/** `{a, b}` and also a bare `a, b`; the items are as written, without repetitions. */
export interface FiniteSet {
  readonly kind: 'set';
  readonly items: readonly Node[];
}

export type MathSet =
  | FiniteSet
  | Interval
  | { readonly kind: 'literal'; readonly name: LiteralSetName }
  | { readonly kind: 'setop'; readonly op: 'union' | 'intersection' | 'minus'; readonly left: Node; readonly right: Node };

export interface Tuple {
  readonly kind: 'tuple';
  readonly items: readonly Node[];
}

export type RelationOp = '=' | '!=' | '<' | '<=' | '>' | '>=';

export interface Relation {
  readonly kind: 'relation';
  readonly op: RelationOp;
  readonly left: Node;
  readonly right: Node;
}

/** `a < b < c`: its relations from left to right. */
export interface Chain {
  readonly kind: 'chain';
  readonly relations: readonly Relation[];
}

export type Node = Expr | MathSet | Tuple | Relation | Chain;

/** Thrown inside the parser only, where a text has no reading; `parseLatex` turns it into null. */
export class Unreadable extends Error {}

/** Thrown where a text may have a reading, but one beyond the limits of work: nothing else is then looked for in it. */
export class TooLarge extends Unreadable {}

export function num(value: Rational, float = false): Num {
  return { kind: 'num', value, float };
}

export function integer(value: number): Num {
  return num({ p: BigInt(value), q: 1n });
}

export function symbol(name: string): Expr {
  return { kind: 'symbol', name };
}

export function constant(name: ConstantName): Expr {
  return { kind: 'constant', name };
}

export function call(name: string, ...args: Expr[]): Expr {
  return { kind: 'call', name, args };
}

export function isExpr(node: Node): node is Expr {
  return !isSet(node) && node.kind !== 'tuple' && !isRelation(node);
}

export function isSet(node: Node): node is MathSet {
  return node.kind === 'set' || node.kind === 'interval' || node.kind === 'literal' || node.kind === 'setop';
}

export function isRelation(node: Node): node is Relation | Chain {
  return node.kind === 'relation' || node.kind === 'chain';
}

export function isWhole(node: Node): node is Num {
  return node.kind === 'num' && !node.float && node.value.q === 1n;
}

/** The product in order, products inside it opened up. */
export function product(left: Expr, right: Expr): Expr {
  const factors = [left, right].flatMap((side) => (side.kind === 'mul' ? side.factors : [side]));
  return { kind: 'mul', factors };
}

/** The sum in order, sums inside it opened up. */
export function sum(left: Expr, right: Expr): Expr {
  const terms = [left, right].flatMap((side) => (side.kind === 'add' ? side.terms : [side]));
  return { kind: 'add', terms };
}

export function pow(base: Expr, exponent: Expr): Expr {
  return { kind: 'pow', base, exponent };
}

export function quotient(top: Expr, bottom: Expr): Expr {
  return { kind: 'mul', factors: [top, pow(bottom, num({ p: -1n, q: 1n }))] };
}

export function negated(node: Expr): Expr {
  if (node.kind === 'num') return { ...node, value: { p: -node.value.p, q: node.value.q } };
  if (node.kind === 'constant' && node.name === 'oo') return constant('-oo');
  if (node.kind === 'constant' && node.name === '-oo') return constant('oo');
  return product(num({ p: -ONE.p, q: 1n }), node);
}

/** The expressions directly inside one. */
export function partsOf(node: Expr): readonly Expr[] {
  switch (node.kind) {
    case 'add':
      return node.terms;
    case 'mul':
      return node.factors;
    case 'pow':
      return [node.base, node.exponent];
    case 'call':
      return node.args;
    case 'percent':
      return [node.of];
    case 'matrix':
      return node.rows.flat();
    default:
      return [];
  }
}

/** What is worked out may not grow beyond this. Nodes. */
const MAX_NODES = 4000;

/** The node itself, unless it is too large: products of matrices and nested sums grow by powers. */
export function bounded<T extends Expr>(node: T): T {
  if (sizeOf([node], MAX_NODES) > MAX_NODES) throw new TooLarge();
  return node;
}

/** How many nodes there are, counted up to a little above `limit`. */
function sizeOf(nodes: readonly Expr[], limit: number): number {
  let size = 0;
  for (const waiting = [...nodes]; waiting.length > 0 && size <= limit; size++) waiting.push(...partsOf(waiting.pop() as Expr));
  return size;
}

/** A text that two nodes share exactly when they are written the same way. */
export function key(node: Node): string {
  switch (node.kind) {
    case 'num':
      return `${node.float ? 'f' : ''}${node.value.p}/${node.value.q}`;
    case 'percent':
      return `%(${key(node.of)})`;
    case 'constant':
      return `#${node.name}`;
    case 'symbol':
      return `$${node.name}`;
    case 'add':
      return `+(${node.terms.map(key).join(',')})`;
    case 'mul':
      return `*(${node.factors.map(key).join(',')})`;
    case 'pow':
      return `^(${key(node.base)},${key(node.exponent)})`;
    case 'call':
      return `${node.name}(${node.args.map(key).join(',')})`;
    case 'matrix':
      return `matrix(${node.rows.map((row) => row.map(key).join(',')).join(';')})`;
    case 'interval':
      return `${node.loOpen ? ']' : '['}${key(node.lo)};${key(node.hi)}${node.hiOpen ? '[' : ']'}`;
    default:
      return structureKey(node);
  }
}

function structureKey(node: Exclude<MathSet, Interval> | Tuple | Relation | Chain): string {
  switch (node.kind) {
    case 'set':
      return `{${node.items.map(key).sort().join(',')}}`;
    case 'literal':
      return `set ${node.name}`;
    case 'setop':
      return `${node.op}(${[key(node.left), key(node.right)].join(',')})`;
    case 'tuple':
      return `tuple(${node.items.map(key).join(',')})`;
    case 'relation':
      return `${node.op}(${key(node.left)},${key(node.right)})`;
    case 'chain':
      return `chain(${node.relations.map(key).join(',')})`;
  }
}

/** A finite set without items that are written the same twice; the empty set for none. */
export function finiteSet(items: readonly Node[]): MathSet {
  if (items.length === 0) return { kind: 'literal', name: 'empty' };
  const seen = new Map(items.map((item) => [key(item), item]));
  return { kind: 'set', items: [...seen.values()] };
}
