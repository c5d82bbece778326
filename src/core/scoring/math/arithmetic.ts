/** Plain arithmetic such as `2*(3+4)/7` or `2^-1` outside LaTeX, by the rules of Python: a fallback of the math scorer. */

import { type Expr, negated, num, pow, product, quotient, sum } from './nodes.js';
import { fromDecimal } from './rational.js';

/** Deeper nesting is not read. */
const MAX_DEPTH = 60;

const TOKEN = /\s*(\d+\.?\d*|\.\d+|\*\*|[-+*/()])/y;

interface Reader {
  readonly tokens: readonly string[];
  at: number;
  depth: number;
}

/** The expression, or null where it is no arithmetic; `^` is the power, which associates to the right and binds its sign. */
export function parseArithmetic(text: string): Expr | null {
  const tokens: string[] = [];
  const source = text.replaceAll('^', '**').trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const token = TOKEN.exec(source)?.[1];
    if (token === undefined) return null;
    tokens.push(token);
  }
  const reader: Reader = { tokens, at: 0, depth: 0 };
  const value = sumOf(reader);
  return value !== null && reader.at === tokens.length ? value : null;
}

function take(reader: Reader, ...wanted: readonly string[]): string | null {
  const token = reader.tokens[reader.at];
  if (token === undefined || !wanted.includes(token)) return null;
  reader.at++;
  return token;
}

function sumOf(reader: Reader): Expr | null {
  let left = termOf(reader);
  for (let sign = take(reader, '+', '-'); left !== null && sign !== null; sign = take(reader, '+', '-')) {
    const right = termOf(reader);
    if (right === null) return null;
    left = sum(left, sign === '-' ? negated(right) : right);
  }
  return left;
}

function termOf(reader: Reader): Expr | null {
  let left = factorOf(reader);
  for (let sign = take(reader, '*', '/'); left !== null && sign !== null; sign = take(reader, '*', '/')) {
    const right = factorOf(reader);
    if (right === null) return null;
    left = sign === '*' ? product(left, right) : quotient(left, right);
  }
  return left;
}

function factorOf(reader: Reader): Expr | null {
  if (++reader.depth > MAX_DEPTH) return null;
  const sign = take(reader, '+', '-');
  const value = sign === null ? powerOf(reader) : factorOf(reader);
  reader.depth--;
  return value !== null && sign === '-' ? negated(value) : value;
}

function powerOf(reader: Reader): Expr | null {
  const base = atomOf(reader);
  if (base === null || take(reader, '**') === null) return base;
  const exponent = factorOf(reader);
  return exponent === null ? null : pow(base, exponent);
}

function atomOf(reader: Reader): Expr | null {
  if (take(reader, '(') !== null) {
    const inner = sumOf(reader);
    return take(reader, ')') === null ? null : inner;
  }
  const token = reader.tokens[reader.at];
  if (token === undefined || !/^[\d.]/.test(token) || /^0\d+$/.test(token)) return null;
  reader.at++;
  const value = fromDecimal(token);
  return value === null ? null : num(value, token.includes('.'));
}
