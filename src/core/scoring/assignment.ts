/** The one-to-one assignment with the largest total score: which predicted span is meant by which gold span. */

/**
 * Kuhn's Hungarian method with potentials (H. W. Kuhn 1955, Naval Research Logistics 2; O(n² m) form after Jonker and Volgenant 1987).
 * @param scores rows of one length
 * @returns for each row its column, or −1 where there are more rows than columns
 */
export function bestAssignment(scores: readonly (readonly number[])[]): number[] {
  const rows = scores.length;
  const columns = scores[0]?.length ?? 0;
  if (rows === 0 || columns === 0) return scores.map(() => -1);
  if (rows > columns) {
    const transposed = Array.from({ length: columns }, (_, c) => scores.map((row) => row[c] as number));
    const rowOf: number[] = new Array<number>(rows).fill(-1);
    bestAssignment(transposed).forEach((row, column) => {
      rowOf[row] = column;
    });
    return rowOf;
  }
  return assign(scores, rows, columns);
}

/** Rows and columns count from 1 inside; column 0 holds the row that is being placed. */
function assign(scores: readonly (readonly number[])[], rows: number, columns: number): number[] {
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  const rowAt = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    rowAt[0] = row;
    const slack = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const cameFrom = new Int32Array(columns + 1);
    const visited = new Uint8Array(columns + 1);
    let column = 0;
    do {
      visited[column] = 1;
      const current = rowAt[column] as number;
      let smallest = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let c = 1; c <= columns; c++) {
        if (visited[c]) continue;
        const cost = -(scores[current - 1]?.[c - 1] as number) - (rowPotential[current] as number) - (columnPotential[c] as number);
        if (cost < (slack[c] as number)) {
          slack[c] = cost;
          cameFrom[c] = column;
        }
        if ((slack[c] as number) < smallest) {
          smallest = slack[c] as number;
          next = c;
        }
      }
      for (let c = 0; c <= columns; c++) {
        if (visited[c]) {
          rowPotential[rowAt[c] as number] = (rowPotential[rowAt[c] as number] as number) + smallest;
          columnPotential[c] = (columnPotential[c] as number) - smallest;
        } else slack[c] = (slack[c] as number) - smallest;
      }
      column = next;
    } while (rowAt[column] !== 0);
    while (column !== 0) {
      const previous = cameFrom[column] as number;
      rowAt[column] = rowAt[previous] as number;
      column = previous;
    }
  }
  const columnOf: number[] = new Array<number>(rows).fill(-1);
  for (let c = 1; c <= columns; c++) if (rowAt[c] !== 0) columnOf[(rowAt[c] as number) - 1] = c - 1;
  return columnOf;
}
