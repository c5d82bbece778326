/** What a failed shard's log is shown by: its last lines. */

import { open } from 'node:fs/promises';

/** Bytes of a log that its last lines are taken from. */
const LOG_END = 16_384;
const LINES = 8;
const LONGEST_LINE = 200;

/** The last part of a log: what comes before it is for people with a pager. Empty where that part is the middle of one line. */
export async function readEnd(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size, LOG_END));
    await handle.read(buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.toString();
    if (size === buffer.length) return text;
    // Half a line could begin with half a credential, which nobody would know again.
    const firstEnd = text.search(/[\r\n]/);
    return firstEnd === -1 ? '' : text.slice(firstEnd + 1);
  } finally {
    await handle.close();
  }
}

/** The last lines of a log, blank ones left out and long ones cut. */
export function lastLines(log: string): string {
  const lines = log.split(/\r?\n|\r/).filter((line) => line.trim() !== '');
  const shown = lines.slice(-LINES).map((line) => (line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE - 1)}…`));
  return shown.join('\n');
}
