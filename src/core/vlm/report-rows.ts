/** The rows that VLMEvalKit's reports are made over, and what its reports share: means, groups, names of metrics. */

/** One scored row. */
export interface ReportRow {
  /** The row's index column. */
  readonly index: string;
  /** Its score; 0 where there was no answer. */
  readonly reward: number;
  readonly extracted: string | null;
  readonly expected: string;
  /** Further columns as texts: split, category, l2-category, …; absent where the cell is missing. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Metrics by name; those that nothing can be said of are left out. */
export type Metrics = Record<string, number>;

/** NaN for no values, as in NumPy; metrics that are NaN are dropped at the end. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function meanReward(rows: readonly ReportRow[]): number {
  return mean(rows.map(({ reward }) => reward));
}

/** The values of a column, sorted by code unit; rows without one are left out. */
export function valuesOf(rows: readonly ReportRow[], column: string): string[] {
  const values = rows.flatMap(({ fields }) => (Object.hasOwn(fields, column) ? [fields[column] ?? ''] : []));
  return [...new Set(values)].sort();
}

export function rowsWith(rows: readonly ReportRow[], column: string, value: string): ReportRow[] {
  return rows.filter(({ fields }) => Object.hasOwn(fields, column) && fields[column] === value);
}

/** Rows in groups by a key, in order of first appearance. */
export function grouped(rows: readonly ReportRow[], key: (row: ReportRow) => string): Map<string, ReportRow[]> {
  const groups = new Map<string, ReportRow[]>();
  for (const row of rows) {
    const name = key(row);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return groups;
}

/** Where VLMEvalKit's table has a row and a column: `dev|Overall`. */
export function metricName(row: string, column: string): string {
  return `${row}|${column}`;
}

/** Whole numbers by value, then texts: the order of VLMEvalKit's tables after sorting by index. */
export function byIndex(a: ReportRow, b: ReportRow): number {
  const [x, y] = [Number(a.index), Number(b.index)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a.index < b.index ? -1 : a.index > b.index ? 1 : 0;
}
