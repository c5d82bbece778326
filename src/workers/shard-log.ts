/** What a failed shard's log is shown by: its last lines. */

const LINES = 8;
const LONGEST_LINE = 200;

/** The last lines of a log, blank ones left out and long ones cut. */
export function lastLines(log: string): string {
  const lines = log.split(/\r?\n|\r/).filter((line) => line.trim() !== '');
  const shown = lines.slice(-LINES).map((line) => (line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE - 1)}…`));
  return shown.join('\n');
}
