/** `shard_<i>/progress.json`: how far a shard process is, for whoever watches it from another machine. */

import path from 'node:path';
import { writeFileAtomic } from '../artifacts/write-atomic.js';
import type { RunFile } from '../core/spec.js';
import type { ShardProgressLine } from './shard-run.js';

const FIRST_MS = 1_000;
const EVERY_MS = 5_000;

/** What the file holds; sums over the shard's benchmarks. */
export interface ShardProgressReport {
  readonly done: number;
  readonly samples: number;
  readonly errors: number;
}

/** What such a file says; zeros for one that is not there, not whole, or not ours: it is a view, and the next look sees more. */
export function parseProgress(text: string): Pick<ShardProgressReport, 'done' | 'samples'> {
  try {
    const { done, samples } = JSON.parse(text) as { done?: unknown; samples?: unknown };
    if (Number.isSafeInteger(done) && Number.isSafeInteger(samples)) return { done: done as number, samples: samples as number };
  } catch {
    // Half a file.
  }
  return { done: 0, samples: 0 };
}

export class ProgressFile {
  private first: NodeJS.Timeout | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly run: RunFile,
    private readonly lines: () => readonly ShardProgressLine[],
  ) {}

  start(): void {
    this.first = setTimeout(() => this.write(), FIRST_MS);
    this.timer = setInterval(() => this.write(), EVERY_MS);
  }

  async stop(): Promise<void> {
    clearTimeout(this.first);
    clearInterval(this.timer);
    this.write();
    await this.writing;
  }

  /** A file that cannot be written costs only the view of it. */
  private write(): void {
    const file = path.join(this.run.spec.output.dir, 'progress.json');
    this.writing = this.writing.then(() => writeFileAtomic(file, `${JSON.stringify(this.report())}\n`)).catch(() => undefined);
  }

  private report(): ShardProgressReport {
    const sum = (of: (line: ShardProgressLine) => number): number => this.lines().reduce((n, line) => n + of(line), 0);
    return {
      done: sum(({ totals }) => totals.scored + totals.errors),
      samples: sum(({ samples }) => samples),
      errors: sum(({ totals }) => totals.errors),
    };
  }
}
