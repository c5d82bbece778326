/** The shards of a run on a cluster as a table for a terminal. */

/** What a line shows; the order of the columns is that of the questions people ask. */
export interface ShownShard {
  readonly shard: number;
  readonly state: string;
  readonly reason: string | null;
  readonly job_id: string | null;
  readonly node: string | null;
  readonly attempt: number;
  readonly done: number;
  readonly samples: number;
}

const HEAD = ['shard', 'state', 'node', 'job', 'attempt', 'done', ''];
/** Names of several nodes are long; the queue has them in full. */
const WIDEST_NODE = 18;
const SHORTEST_REASON = 8;

/** @param columns width of the terminal; lines are cut to it. The reason, in the last column, gets what is left */
export function shardLines(shards: readonly ShownShard[], columns = 80): string[] {
  if (shards.length === 0) return [];
  const rows = shards.map(({ shard, state, node, job_id, attempt, done, samples, reason }) => [
    String(shard),
    state,
    cut(node ?? '-', WIDEST_NODE),
    job_id ?? '-',
    String(attempt),
    samples === 0 ? String(done) : `${done}/${samples}`,
    reason ?? '',
  ]);
  const table = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const fixed = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  widths[widths.length - 1] = Math.max(SHORTEST_REASON, columns - fixed);
  return table.map((row) =>
    row
      .map((cell, column) => cut(cell, widths[column] ?? 0).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
      .slice(0, columns),
  );
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
