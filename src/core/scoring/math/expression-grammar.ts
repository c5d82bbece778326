/** The grammar of single expressions (sums, products, powers, functions, matrices) in the math scorer: tokens to nodes. */

import {
  applied,
  balanced,
  binomial,
  evaluatedFunction,
  juxtaposed,
  minus,
  operated,
  plus,
  raised,
  ranged,
  ratio,
  root,
  times,
} from './building.js';
import { alt, many, map, optional, type Parser, rule, seq, token } from './combinators.js';
import type { Token } from './lexer.js';
import { determinant, matrix, transposed } from './matrices.js';
import { call, constant, type Expr, num, symbol, Unreadable } from './nodes.js';
import { fromDecimal } from './rational.js';
import { accentName, symbolOf } from './symbols.js';

const OPERATORS = ['*', '/', ':', 'mod'] as const;

export const expression: Parser<Expr> = rule(() =>
  chainOf(term, ['+', '-'], (left, op, right) => (op.type === '+' ? plus : minus)(left, right)),
);

/** A left-associative chain of operands. */
function chainOf(operand: Parser<Expr>, operators: readonly string[], combine: (left: Expr, op: Token, right: Expr) => Expr): Parser<Expr> {
  return map(seq<[Expr, [Token, Expr][]]>(operand, many(seq<[Token, Expr]>(token(...operators), operand))), ([first, rest]) =>
    rest.reduce((left, [op, right]) => combine(left, op, right), first),
  );
}

function operate(left: Expr, op: Token, right: Expr): Expr {
  return operated(op.type, left, right);
}

const term: Parser<Expr> = rule(() => chainOf(unary, OPERATORS, operate));
/** The argument of a function without parentheses: no further function may be multiplied in. */
const plainTerm: Parser<Expr> = rule(() => chainOf(plainUnary, OPERATORS, operate));

const unary: Parser<Expr> = rule(() =>
  alt(
    signed(unary),
    map(seq<[Expr, Expr[]]>(postfix, many(postfix)), ([first, rest]) => juxtaposed([first, ...rest])),
  ),
);
const plainUnary: Parser<Expr> = rule(() =>
  alt(
    signed(plainUnary),
    map(seq<[Expr, Expr[]]>(postfix, many(plainPostfix)), ([first, rest]) => juxtaposed([first, ...rest])),
  ),
);

function signed(operand: Parser<Expr>): Parser<Expr> {
  return map(seq<[Token, Expr]>(token('+', '-'), operand), ([sign, value]) =>
    sign.type === '-' ? times(num({ p: -1n, q: 1n }), value) : value,
  );
}

const postfix: Parser<Expr> = rule(() => suffixed(powers(alt(grouped, functionCall, plainAtoms))));
const plainPostfix: Parser<Expr> = rule(() => suffixed(powers(alt(grouped, plainAtoms))));

/** Factorial, transposition, and degrees, which are ignored. */
function suffixed(base: Parser<Expr>): Parser<Expr> {
  return map(seq<[Expr, Token[]]>(base, many(token('!', 'transpose', 'degree'))), ([value, marks]) =>
    marks.reduce(
      (inner, mark) => (mark.type === '!' ? call('factorial', inner) : mark.type === 'transpose' ? transposed(inner) : inner),
      value,
    ),
  );
}

/** Powers associate to the left, as in the reference: `2^3^4` is `(2^3)^4`. */
function powers(base: Parser<Expr>): Parser<Expr> {
  return map(
    seq<[Expr, [Expr, string | null][]]>(base, many(seq<[Expr, string | null]>(superscript, optional(subscript)))),
    ([first, exponents]) => exponents.reduce((inner, [exponent]) => raised(inner, exponent), first),
  );
}

function between<T>(open: string, inner: Parser<T>, close: string): Parser<T> {
  return map(seq<[Token, T, Token]>(token(open), inner, token(close)), ([, value]) => value);
}

const braced: Parser<Expr> = rule(() => between('{', expression, '}'));
const superscript: Parser<Expr> = rule(() => map(seq<[Token, Expr]>(token('^'), alt(atom, braced)), ([, value]) => value));

/** The text of a subscript, without spaces; it only names. */
const subscript: Parser<string> = rule(() =>
  map(
    seq<[Token, string]>(
      token('_'),
      alt(
        spelled(atom),
        map(seq<[Token, string, Token]>(token('{'), spelled(list), token('}')), ([, text]) => text),
      ),
    ),
    ([, text]) => (text.length > 1 ? `_{${text}}` : `_${text}`),
  ),
);
const list: Parser<Expr[]> = rule(() =>
  map(seq<[Expr, [Token, Expr][]]>(expression, many(seq<[Token, Expr]>(token(','), expression))), ([first, rest]) => [
    first,
    ...rest.map(([, value]) => value),
  ]),
);

/** What was written, instead of what it means. */
function spelled(parser: Parser<unknown>): Parser<string> {
  return (input, at) =>
    parser(input, at).map(({ end }) => ({
      end,
      value: () =>
        input.tokens
          .slice(at, end)
          .map(({ text }) => text)
          .join('')
          .trim(),
    }));
}

const grouped: Parser<Expr> = rule(() =>
  alt(
    ...[
      ['(', ')'],
      ['lgroup', 'rgroup'],
      ['{', '}'],
      ['[', ']'],
      ['\\{', '\\}'],
      ['lbrace', 'rbrace'],
      ['lbrack', 'rbrack'],
    ].map(([open, close]) => between(open as string, expression, close as string)),
    map(seq<[Token, Expr]>(token('phantom', 'boxed'), braced), ([, value]) => value),
    ...[
      ['|', '|'],
      ['lvert', 'rvert'],
      ['vert', 'vert'],
    ].map(([open, close]) => map(between(open as string, expression, close as string), balanced('abs'))),
    ...[
      ['lfloor', 'rfloor'],
      ['llcorner', 'lrcorner'],
    ].map(([open, close]) => map(between(open as string, expression, close as string), balanced('floor'))),
    ...[
      ['lceil', 'rceil'],
      ['ulcorner', 'urcorner'],
    ].map(([open, close]) => map(between(open as string, expression, close as string), balanced('ceil'))),
  ),
);

/** The name of a letter; words of `\text{…}` are lower-cased at once, because only a plain `I` is the imaginary unit. */
const letter: Parser<string> = alt(
  map(token('letter', 'greek', 'other'), ({ text }) => text.trim()),
  map(token('accent'), ({ text }) => accentName(text).toLowerCase()),
);

/** A letter with its subscript and superscript in either order. */
export const letterAtom: Parser<Expr> = rule(() =>
  alt(
    map(seq<[string, Expr, string]>(letter, superscript, subscript), ([name, exponent, below]) => raised(symbolOf(name, below), exponent)),
    map(seq<[string, string, Expr]>(letter, subscript, superscript), ([name, below, exponent]) => raised(symbolOf(name, below), exponent)),
    map(seq<[string, string]>(letter, subscript), ([name, below]) => symbolOf(name, below)),
    map(seq<[string, Expr]>(letter, superscript), ([name, exponent]) => raised(symbolOf(name, ''), exponent)),
    map(letter, (name) => symbolOf(name, '')),
  ),
);

const atom: Parser<Expr> = rule(() =>
  alt<Expr>(
    letterAtom,
    map(token('infty'), () => constant('oo')),
    map(seq<[Token, string | null]>(token('number'), optional(subscript)), ([{ text }]) => numberOf(text)),
    map(token('percent'), () => {
      throw new Unreadable();
    }),
    map(token('scientific'), ({ text }) => numberOf(text.replace(/[−∔∸⊕⊞]/, (sign) => ('−∸'.includes(sign) ? '-' : '+')))),
    map(token('E'), () => symbol('e')),
    map(token('differential'), ({ text }) => symbol(`d${text.slice(1).trim().replace(/^\\/, '')}`)),
  ),
);

/** A whole number, or a decimal that is marked as one. */
function numberOf(text: string): Expr {
  const value = fromDecimal(text);
  if (value === null) throw new Unreadable();
  return num(value, !/^\d+$/.test(text));
}

const fraction: Parser<Expr> = rule(() =>
  alt(
    map(seq<[Token, Expr, Expr]>(token('frac'), braced, braced), ([, top, bottom]) => ratio(top, bottom)),
    map(seq<[Token, Expr, Token, Expr, Token]>(token('{'), expression, token('choose'), expression, token('}')), ([, top, , bottom]) =>
      binomial(top, bottom),
    ),
    map(seq<[Token, Expr, Expr]>(token('binom'), braced, braced), ([, top, bottom]) => binomial(top, bottom)),
  ),
);

const matrixRow: Parser<Expr[]> = rule(() =>
  map(seq<[Expr, [Token, Expr][]]>(expression, many(seq<[Token, Expr]>(token('&'), expression))), ([first, rest]) => [
    first,
    ...rest.map(([, value]) => value),
  ]),
);
function rowsBetween(open: string, close: string): Parser<Expr[][]> {
  return map(
    seq<[Token, Expr[], [Token, Expr[]][], Token | null, Token]>(
      token(open),
      matrixRow,
      many(seq<[Token, Expr[]]>(token('\\\\'), matrixRow)),
      optional(token('\\\\')),
      token(close),
    ),
    ([, first, rest]) => [first, ...rest.map(([, row]) => row)],
  );
}
const matrices: Parser<Expr> = rule(() =>
  alt(
    map(alt(rowsBetween('matrix-start', 'matrix-end'), rowsBetween('array-start', 'array-end')), matrix),
    map(rowsBetween('det-start', 'det-end'), (rows) => determinant(matrix(rows))),
  ),
);

const plainAtoms: Parser<Expr> = rule(() => alt(atom, fraction, matrices));

/** Subscript and superscript of a function, in either order, both optional. */
const scripts: Parser<[Expr | null, Expr | null]> = rule(() => {
  const below = map(seq<[Token, Expr]>(token('_'), alt(atom, braced)), ([, value]) => value);
  return alt<[Expr | null, Expr | null]>(
    seq<[Expr | null, Expr | null]>(optional(below), optional(superscript)),
    map(seq<[Expr | null, Expr | null]>(optional(superscript), optional(below)), ([above, base]) => [base, above]),
  );
});

function functionHead(direct: string, named: string): Parser<string> {
  return alt(
    map(token(direct), ({ text }) => text.slice(1)),
    map(seq<[Token, Token, Token, Token]>(token('operatorname'), token('{'), token(named), token('}')), ([, , { text }]) => text),
  );
}

const functionCall: Parser<Expr> = rule(() =>
  alt<Expr>(
    map(
      seq<[string, [Expr | null, Expr | null], Expr]>(
        functionHead('function', 'name'),
        scripts,
        alt(between('(', expression, ')'), plainTerm),
      ),
      ([name, [base, exponent], argument]) => evaluatedFunction(name, base, exponent, [argument]),
    ),
    map(
      seq<[string, [Expr | null, Expr | null], Expr[]]>(functionHead('functions', 'names'), scripts, between('(', list, ')')),
      ([name, [base, exponent], args]) => evaluatedFunction(name, base, exponent, args),
    ),
    namedFunction,
    squareRoot,
    ranges,
    map(seq<[Token, Expr | null]>(token('e'), optional(superscript)), ([, exponent]) =>
      exponent === null ? constant('e') : raised(constant('e'), exponent),
    ),
  ),
);

const squareRoot: Parser<Expr> = rule(() =>
  map(seq<[Token, Expr | null, Expr]>(token('sqrt'), optional(between('[', expression, ']')), braced), ([, degree, base]) =>
    root(base, degree),
  ),
);

/** `f(x)`: a letter before one plain atom, or before several arguments, is a function of them. */
const namedFunction: Parser<Expr> = rule(() => {
  const several = map(seq<[Expr, Token, Expr[] | null]>(expression, token(','), optional(list)), ([first, , rest]) => [
    first,
    ...(rest ?? []),
  ]);
  const args = alt<Expr[]>(
    map(atom, (value) => [value]),
    several,
  );
  const round = between('(', args, ')');
  const square = between('[', args, ']');
  const name = spelled(seq(letter, optional(subscript)));
  return map(
    seq<[string, Expr | null, Expr[]]>(
      name,
      optional(superscript),
      alt(round, square, between('{', round, '}'), between('{', square, '}')),
    ),
    ([head, exponent, values]) => applied(head, values, exponent),
  );
});

const ranges: Parser<Expr> = rule(() => {
  const start = map(
    seq<[Token, Token, Expr, Token, Expr, Token]>(token('_'), token('{'), expression, token('=', '=='), expression, token('}')),
    ([, , variable, , from]): [Expr, Expr] => [variable, from],
  );
  const bounds = alt<[[Expr, Expr], Expr]>(
    seq<[[Expr, Expr], Expr]>(start, superscript),
    map(seq<[Expr, [Expr, Expr]]>(superscript, start), ([to, from]): [[Expr, Expr], Expr] => [from, to]),
  );
  return map(seq<[Token, [[Expr, Expr], Expr], Expr]>(token('sum', 'prod'), bounds, term), ([{ type }, [[variable, from], to], body]) =>
    ranged(type, variable, from, to, body),
  );
});
