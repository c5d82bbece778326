/** The grammar of whole answers in the math scorer: lists, sets, intervals, tuples, relations around expressions. */

import { alt, many, map, type Parser, parseAll, rule, seq, token } from './combinators.js';
import { expression, letterAtom } from './expression-grammar.js';
import { interval } from './intervals.js';
import { type Token, tokenize } from './lexer.js';
import {
  type Expr,
  finiteSet,
  type MathSet,
  type Node,
  negated,
  num,
  type Relation,
  type RelationOp,
  sum,
  TooLarge,
  Unreadable,
} from './nodes.js';
import { fromDecimal } from './rational.js';
import { isOnlyLetters } from './relations.js';

/** A number with thousands separators; anything else with commas is a list. */
const SEPARATED = /^\s*-?\d{1,3}(?:,\d{3})+(?:\.\d+)?\s*$/;

/** `=` outside `<=`, `>=`, `!=` and `\=`. */
const EQUALS = /(?<![\\<>!])=/;

/**
 * The node that a normalised LaTeX answer stands for, or null where the grammar (latex2sympy2_extended 1.11.0 as math-verify
 * 0.9.0 calls it, under the ANTLR 4.11 runtime that lm-evaluation-harness pins) has no reading. There a number with `\%` inside
 * LaTeX has none, and neither has a relation of subsets.
 * @throws TooLarge where reading it would take too much work
 */
export function parseLatex(latex: string): Node | null {
  return parseOnce(latex) ?? parseLastSide(latex);
}

/** Of `a = b = c` with an unreadable part: its last side. */
function parseLastSide(latex: string): Node | null {
  const sides = latex.split(EQUALS);
  return sides.length > 2 && !/[,;]/.test(latex) ? parseOnce(sides.at(-1) as string) : null;
}

function parseOnce(latex: string): Node | null {
  const tokens = tokenize(latex);
  if (tokens === null || tokens.length === 0) return null;
  try {
    const node = parseAll(answer, tokens);
    if (node !== null && node.kind === 'set' && SEPARATED.test(latex)) {
      const text = latex.trim();
      const value = fromDecimal(text.startsWith('0') ? text.replaceAll(',', '.') : text.replaceAll(',', ''));
      return value === null ? null : num(value, text.includes('.'));
    }
    return node;
  } catch (error) {
    if (error instanceof Unreadable && !(error instanceof TooLarge)) return null;
    throw error;
  }
}

function between<T>(open: string, inner: Parser<T>, close: string): Parser<T> {
  return map(seq<[Token, T, Token]>(token(open), inner, token(close)), ([, value]) => value);
}

function separated<T>(item: Parser<T>, separator: string): Parser<T[]> {
  return map(seq<[T, [Token, T][]]>(item, many(seq<[Token, T]>(token(separator), item))), ([first, rest]) => [
    first,
    ...rest.map(([, value]) => value),
  ]);
}

const answer: Parser<Node> = rule(() => alt<Node>(listRelation, map(semicolons, listOf), setRelation));

/** `x = 1, 2`: everything behind the sign belongs to it. */
const listRelation: Parser<Node> = rule(() =>
  map(seq<[Node, Token, Node[][]]>(letters, token('in', '='), plainSemicolons), ([left, , groups]) => equation(left, listOf(groups))),
);

function equation(left: Node, right: Node): Relation {
  return { kind: 'relation', op: '=', left, right };
}

/** `x` or `(x, y)`. */
const letters: Parser<Node> = rule(() =>
  alt<Node>(
    map(
      between('(', separated(letterAtom, ','), ')'),
      (items): Node => (items.length === 1 ? (items[0] as Node) : { kind: 'tuple', items }),
    ),
    letterAtom,
  ),
);

const semicolons: Parser<Node[][]> = rule(() => separated(commas(element), ';'));
const plainSemicolons: Parser<Node[][]> = rule(() => separated(commas(plainElement), ';'));

function commas(item: Parser<Node[]>): Parser<Node[]> {
  return map(separated(item, ','), (items) => items.flat());
}

const plainElement: Parser<Node[]> = rule(() =>
  alt<Node[]>(
    plusMinus,
    map(setAtom, (set) => [set]),
    map(expression, (value) => [value]),
  ),
);
const element: Parser<Node[]> = rule(() =>
  alt<Node[]>(
    plusMinus,
    map(setAtom, (set) => [set]),
    map(relation, (value) => [value]),
  ),
);

const plusMinus: Parser<Node[]> = rule(() =>
  alt<Node[]>(
    map(seq<[Expr, Token, Expr]>(expression, token('pm'), expression), ([left, , right]) => [sum(left, right), sum(left, negated(right))]),
    map(seq<[Token, Expr]>(token('pm'), expression), ([, value]) => [negated(value), value]),
  ),
);

/** A bare list: one thing is itself, several are a set, `a, b; c, d` is a set of tuples. */
function listOf(groups: readonly (readonly Node[])[]): Node {
  const [first] = groups as [readonly Node[]];
  if (groups.length === 1) return first.length === 1 ? (first[0] as Node) : finiteSet(first);
  if (groups.every((group) => group.length === 1)) return finiteSet(groups.flat());
  return finiteSet(groups.map((items): Node => ({ kind: 'tuple', items })));
}

const RELATIONS = ['=', '==', 'approx', '<', '<=', '>', '>=', '!=', 'in'];

const relation: Parser<Node> = rule(() =>
  map(seq<[Expr, [Token, Expr][]]>(expression, many(seq<[Token, Expr]>(token(...RELATIONS), expression))), ([first, rest]) =>
    rest.reduce<Node>((left, [op, right]) => related(left, op.type, right), first),
  ),
);

/** Relations chain through the last side; `\approx` keeps the exact side, or the value behind bare letters. */
function related(left: Node, type: string, right: Expr): Node {
  if (type === 'in') throw new Unreadable();
  if (type === 'approx') return isOnlyLetters(left) ? right : left;
  const op = (type === '==' ? '=' : type) as RelationOp;
  if (left.kind === 'relation') return { kind: 'chain', relations: [left, { kind: 'relation', op, left: left.right, right }] };
  if (left.kind !== 'chain') return { kind: 'relation', op, left, right };
  const last = left.relations.at(-1) as Relation;
  return { kind: 'chain', relations: [...left.relations, { kind: 'relation', op, left: last.right, right }] };
}

const setRelation: Parser<Node> = rule(() =>
  alt<Node>(
    map(seq<[Node, Token, Node]>(letters, token('in', '='), setRelation), ([left, , right]) => equation(left, right)),
    setExpression,
  ),
);

const setExpression: Parser<Node> = rule(() => setChain(unions, 'setminus', 'minus'));
const unions: Parser<Node> = rule(() => setChain(intersections, 'cup', 'union'));
const intersections: Parser<Node> = rule(() => setChain(setGroup, 'cap', 'intersection'));

function setChain(operand: Parser<Node>, operator: string, op: 'union' | 'intersection' | 'minus'): Parser<Node> {
  return map(seq<[Node, [Token, Node][]]>(operand, many(seq<[Token, Node]>(token(operator), operand))), ([first, rest]) =>
    rest.reduce((left, [, right]): MathSet => ({ kind: 'setop', op, left: asSet(left), right: asSet(right) }), first),
  );
}

function asSet(node: Node): Node {
  return node.kind === 'tuple' ? finiteSet(node.items) : node;
}

const setGroup: Parser<Node> = rule(() => alt<Node>(between('(', setExpression, ')'), setAtom));

const setAtom: Parser<Node> = rule(() => alt<Node>(intervals, literalSet, tuples, braces));

const literalSet: Parser<Node> = rule(() =>
  alt<Node>(
    map(token('N', 'Z', 'Q', 'R', 'C'), ({ type }): Node => ({ kind: 'literal', name: type as 'N' })),
    map(alt<unknown>(token('empty'), seq(token('{'), token('}'))), (): Node => ({ kind: 'literal', name: 'empty' })),
  ),
);

const OPEN = ['(', '\\(', 'lgroup'];
const CLOSE = [')', '\\)', 'rgroup'];

const intervals: Parser<Node> = rule(() =>
  map(
    seq<[Token, Expr, Token, Expr, Token]>(
      token('[', 'lbrack', ...OPEN),
      expression,
      token(','),
      expression,
      token(']', 'rbrack', ...CLOSE),
    ),
    ([open, lo, , hi, close]) => interval(lo, hi, OPEN.includes(open.type), CLOSE.includes(close.type)),
  ),
);

const tuples: Parser<Node> = rule(() =>
  map(alt(between('(', semicolons, ')'), between('\\(', semicolons, '\\)'), between('[', semicolons, ']')), (groups): Node => {
    const items = groups.flat();
    return items.length === 1 ? (items[0] as Node) : { kind: 'tuple', items };
  }),
);

const braces: Parser<Node> = rule(() =>
  alt<Node>(
    map(alt(between('{', semicolons, '}'), between('\\{', semicolons, '\\}')), (groups) => finiteSet(groups.flat())),
    map(seq<[Token | null, Node[][]]>(token('boxed'), between('{', semicolons, '}')), ([, groups]) => listOf(groups)),
  ),
);
