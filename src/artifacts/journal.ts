/**
 * The journal of a shard: every completed sample is one line here before it counts.
 *
 * `journal/<first>-<last>/<attempt>.jsonl`: a folder a batch, a file an attempt at it. No two attempts share a file, so a
 * frozen worker that wakes up cannot tear a line of the one that took over. Nothing is ever rewritten.
 */

import { writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage, NelError } from '../core/errors.js';
import { mergeRecords } from '../core/journal.js';
import type { SampleRecord } from '../core/sample.js';

/** Samples [start, end) of a benchmark, by ordinal. */
export interface OrdinalRange {
  readonly start: number;
  readonly end: number;
}

const NEWLINE = 0x0a;
/** Lines of this long share one fdatasync: without it, every lane would keep the disk and a pool thread busy all the time. */
const GATHER_MS = 100;

/** Folder of a batch's journal files. Zero-padded, so that the folders sort in sample order. */
export function batchFolder(benchmarkDir: string, range: OrdinalRange): string {
  const pad = (ordinal: number): string => String(ordinal).padStart(9, '0');
  return path.join(benchmarkDir, 'journal', `${pad(range.start)}-${pad(range.end)}`);
}

/**
 * Appends samples to one attempt's file. A line is handed to the kernel at once, in the turn of the event loop that brought
 * the answer (4 µs), so that a killed process loses only what was in flight; what was handed over is flushed to the disk with
 * group commit, off the event loop (an fdatasync blocks it for 70 µs and more), and counts only then.
 */
export class JournalWriter {
  private group: Promise<void> | undefined;
  private flushing: Promise<void> = Promise.resolve();
  private failure: NelError | undefined;

  private constructor(
    private readonly file: FileHandle,
    private readonly filePath: string,
    private readonly redact: (line: string) => string,
  ) {}

  /**
   * @param attempt unique name of the attempt; files are read in the order of these names, so they begin with the time
   * @param redact applied to every text: no credential reaches the disk even when a model or an endpoint repeats it
   */
  static async open(folder: string, attempt: string, redact: (line: string) => string): Promise<JournalWriter> {
    const filePath = path.join(folder, `${attempt}.jsonl`);
    try {
      await mkdir(folder, { recursive: true });
      return new JournalWriter(await open(filePath, 'ax'), filePath, redact);
    } catch (error) {
      throw journalFailure(filePath, error);
    }
  }

  /**
   * Resolves once the line is on disk. The write itself happens before this returns.
   * @throws NelError of kind `run` when the disk refuses; every later append then fails the same way, because a half
   * written line may only ever be the last of a file.
   */
  append(record: SampleRecord): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    const line = `${this.clean(record)}\n`;
    try {
      const written = writeSync(this.file.fd, line);
      const bytes = Buffer.byteLength(line);
      if (written < bytes) throw new Error(`only ${written} of ${bytes} bytes were taken`);
    } catch (error) {
      this.failure = journalFailure(this.filePath, error);
      return Promise.reject(this.failure);
    }
    if (this.group === undefined) {
      this.group = this.flushing.then(() => this.flush());
      this.flushing = this.group.catch(() => undefined);
    }
    return this.group;
  }

  /** Only texts are redacted, never the names of fields: the line stays a sample whatever a credential looks like. */
  private clean(record: SampleRecord): string {
    const line = JSON.stringify(record);
    if (this.redact(line) === line) return line;
    return JSON.stringify(record, (_, value: unknown) => (typeof value === 'string' ? this.redact(value) : value));
  }

  /** Covers every line written before its fdatasync; lines written during that belong to the next group. */
  private async flush(): Promise<void> {
    await delay(GATHER_MS);
    this.group = undefined;
    try {
      await this.file.datasync();
    } catch (error) {
      this.failure = journalFailure(this.filePath, error);
      throw this.failure;
    }
  }

  async close(): Promise<void> {
    await this.flushing;
    await this.file.close();
  }
}

function journalFailure(filePath: string, error: unknown): NelError {
  return new NelError('run', `the journal ${filePath} cannot be written: ${errorMessage(error)}`, {
    hint: 'free space or mend the permissions, then run the same command with --resume',
    cause: error,
  });
}

/**
 * What is already known of a batch, over all attempts, by ordinal. A torn last line (the writer died) is dropped.
 * @throws NelError of kind `data` naming file and line when a whole line is not a sample.
 */
export async function readBatchJournal(benchmarkDir: string, range: OrdinalRange, repeats: number): Promise<Map<number, SampleRecord>> {
  const folder = batchFolder(benchmarkDir, range);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const records: SampleRecord[] = [];
  for (const name of names.filter((name) => name.endsWith('.jsonl')).sort()) {
    const filePath = path.join(folder, name);
    parseLines(await readFile(filePath), filePath, records);
  }
  return mergeRecords(records, repeats);
}

function parseLines(bytes: Buffer, filePath: string, into: SampleRecord[]): void {
  let line = 1;
  let from = 0;
  for (let to = bytes.indexOf(NEWLINE, from); to !== -1; to = bytes.indexOf(NEWLINE, from), line++) {
    try {
      into.push(JSON.parse(bytes.toString('utf8', from, to)) as SampleRecord);
    } catch (error) {
      throw new NelError('data', `not a journal line: ${errorMessage(error)}`, {
        at: { file: filePath, line },
        hint: 'the file was changed or the disk lost a block: delete that line and resume; its sample is asked again',
      });
    }
    from = to + 1;
  }
}

/** The ranges of a benchmark's batches, in order: batch i holds the samples [i·size, (i+1)·size). */
export function* batchRanges(start: number, end: number, size: number): Generator<OrdinalRange> {
  for (let first = start; first < end; first += size) yield { start: first, end: Math.min(end, first + size) };
}
