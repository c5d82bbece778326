/** Matrices in the math scorer: worked out at once, entry by entry. */

import { bounded, type Expr, integer, type Matrix, negated, num, pow, product, Unreadable } from './nodes.js';

/** Matrices with more entries are not worked out. */
const MAX_ENTRIES = 400;

export function sameShape(a: Matrix, b: Matrix): boolean {
  return a.rows.length === b.rows.length && a.rows[0]?.length === b.rows[0]?.length;
}

export function scaled(of: Matrix, factor: Expr): Expr {
  return matrix(of.rows.map((row) => row.map((entry) => product(factor, entry))));
}

export function matrixProduct(left: Matrix, right: Matrix): Expr {
  if (left.rows[0]?.length !== right.rows.length) throw new Unreadable();
  const result = matrix(
    left.rows.map((row) =>
      (right.rows[0] as readonly Expr[]).map(
        (_, column): Expr => ({ kind: 'add', terms: row.map((entry, k) => product(entry, right.rows[k]?.[column] as Expr)) }),
      ),
    ),
  );
  return { ...result, rows: result.rows.map((row) => row.map(bounded)) };
}

/** A matrix from its rows, which must be equally long. */
export function matrix(rows: readonly (readonly Expr[])[]): Matrix {
  const width = rows[0]?.length ?? 0;
  const isFlat = rows.every((row) => row.length === width && row.every((entry) => entry.kind !== 'matrix'));
  if (!isFlat || width * rows.length > MAX_ENTRIES) throw new Unreadable();
  return { kind: 'matrix', rows };
}

export function transposed(node: Expr): Expr {
  if (node.kind !== 'matrix') return node;
  return matrix((node.rows[0] as readonly Expr[]).map((_, column) => node.rows.map((row) => row[column] as Expr)));
}

/** The determinant, expanded along the first row: up to five rows. */
export function determinant(node: Expr): Expr {
  if (node.kind !== 'matrix' || node.rows.length !== node.rows[0]?.length || node.rows.length > 5) throw new Unreadable();
  const [first, ...rest] = node.rows as [readonly Expr[], ...(readonly Expr[])[]];
  if (rest.length === 0) return first[0] as Expr;
  const terms = first.map((entry, column) => {
    const minor = determinant({ kind: 'matrix', rows: rest.map((row) => row.filter((_, at) => at !== column)) });
    return product(column % 2 === 0 ? entry : negated(entry), minor);
  });
  return bounded({ kind: 'add', terms });
}

export function trace(node: Expr): Expr {
  if (node.kind !== 'matrix' || node.rows.length !== node.rows[0]?.length) throw new Unreadable();
  return { kind: 'add', terms: node.rows.map((row, at) => row[at] as Expr) };
}

/** The length of a vector. */
export function norm(node: Expr): Expr {
  if (node.kind !== 'matrix' || (node.rows.length > 1 && (node.rows[0]?.length ?? 0) > 1)) throw new Unreadable();
  return pow({ kind: 'add', terms: node.rows.flat().map((entry) => pow(entry, integer(2))) }, num({ p: 1n, q: 2n }));
}
