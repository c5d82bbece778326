/** Reads JSON Lines as a stream. Splits at `\n` only and holds one chunk: memory does not grow with the file. */

import { open } from 'node:fs/promises';
import { errorMessage, NelError } from '../core/errors.js';

const CHUNK = 1 << 20;
const NEWLINE = 0x0a;

/** One parsed line; its number counts from 1 and includes blank lines. */
export type LineHandler = (value: Readonly<Record<string, unknown>>, line: number) => void;

/**
 * Calls `handle` for every line, in order. Blank lines are skipped, a byte order mark at the start too; the last line needs no
 * newline.
 *
 * @throws NelError of kind `data` with file and line where a line is not a JSON object, and when the file cannot be read
 */
export async function readJsonLines(file: string, handle: LineHandler): Promise<void> {
  const lines = new LineParser(file, handle);
  for await (const text of wholeLines(file)) lines.parse(text);
}

/** The same as an iterator, some lines at a time. */
export async function* jsonLines(
  file: string,
): AsyncGenerator<readonly { readonly value: Readonly<Record<string, unknown>>; readonly line: number }[]> {
  let batch: { value: Readonly<Record<string, unknown>>; line: number }[] = [];
  const lines = new LineParser(file, (value, line) => void batch.push({ value, line }));
  for await (const text of wholeLines(file)) {
    batch = [];
    lines.parse(text);
    yield batch;
  }
}

/**
 * The file's text in pieces that end with a newline. Decodes a chunk at a time up to its last newline (a newline byte is never part of
 * another UTF-8 character), which costs a third of decoding line by line, and reads the next chunk meanwhile.
 */
async function* wholeLines(file: string): AsyncGenerator<string> {
  const handleFile = await open(file, 'r').catch((error: unknown) => {
    throw new NelError('data', `cannot be read: ${errorMessage(error)}`, { at: { file }, cause: error });
  });
  try {
    let buffer = Buffer.allocUnsafe(CHUNK);
    let spare = Buffer.allocUnsafe(CHUNK);
    // Bytes at the start of the buffer that are the beginning of a line whose end is not read yet.
    let held = 0;
    let reading = handleFile.read(buffer, 0, buffer.length, null);
    for (;;) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) break;
      const end = held + bytesRead;
      const last = buffer.lastIndexOf(NEWLINE, end - 1);
      const whole = last + 1;
      const tail = end - whole;
      // A line longer than the buffer: make room for more of it.
      if (tail > spare.length / 2) spare = Buffer.allocUnsafe(tail * 2);
      buffer.copy(spare, 0, whole, end);
      // The disk works while the lines are parsed.
      reading = handleFile.read(spare, tail, spare.length - tail, null);
      [buffer, spare] = [spare, buffer];
      held = tail;
      if (whole === 0) continue;
      try {
        yield spare.toString('utf8', 0, whole);
      } finally {
        // Whoever stops in the middle closes the file: not under a read.
        await reading.catch(() => undefined);
      }
    }
    if (held > 0) yield `${buffer.toString('utf8', 0, held)}\n`;
  } finally {
    await handleFile.close();
  }
}

class LineParser {
  private line = 0;

  constructor(
    private readonly file: string,
    private readonly handle: LineHandler,
  ) {}

  /** @param text whole lines, each with its newline */
  parse(text: string): void {
    let start = this.line === 0 && text.charCodeAt(0) === 0xfeff ? 1 : 0;
    for (let end = text.indexOf('\n', start); end !== -1; end = text.indexOf('\n', start)) {
      this.line++;
      const line = text.slice(start, end);
      start = end + 1;
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        if (line.trim() === '') continue;
        throw this.failure(`not JSON${reason(line)}`);
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.failure('not a JSON object');
      this.handle(value as Readonly<Record<string, unknown>>, this.line);
    }
  }

  private failure(message: string): NelError {
    return new NelError('data', message, { at: { file: this.file, line: this.line } });
  }
}

/** The usual causes, in words; the line itself is not shown, as it holds what a model wrote. */
function reason(line: string): string {
  const literal = /[:[,]\s*(-?(?:NaN|Infinity))\b/.exec(line)?.[1];
  if (literal !== undefined) return `: ${literal} is no JSON number`;
  return line.trimEnd().endsWith('}') ? '' : ': the line is cut off';
}
