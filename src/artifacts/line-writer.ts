/** Writes JSON Lines as a stream into a temporary file that takes its real name only when it is whole. */

import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

const FLUSH_AT = 1 << 20;

export class LineWriter {
  private buffer: string[] = [];
  private size = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly temporary: string,
    private readonly target: string,
  ) {}

  static async open(target: string): Promise<LineWriter> {
    await mkdir(path.dirname(target), { recursive: true });
    const temporary = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
    return new LineWriter(await open(temporary, 'w'), temporary, target);
  }

  /** Queues one value as a line; a returned promise must be awaited before the next call (back-pressure). */
  write(value: unknown): Promise<void> | undefined {
    const line = `${JSON.stringify(value)}\n`;
    this.buffer.push(line);
    this.size += line.length;
    return this.size < FLUSH_AT ? undefined : this.flush();
  }

  /** Gives the file its name: from now on it is there, whole. */
  async commit(): Promise<void> {
    await this.flush();
    await this.file.datasync();
    await this.file.close();
    await rename(this.temporary, this.target);
  }

  /** Leaves no trace. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => undefined);
    await rm(this.temporary, { force: true });
  }

  private async flush(): Promise<void> {
    const text = this.buffer.join('');
    this.buffer = [];
    this.size = 0;
    if (text !== '') await this.file.appendFile(text);
  }
}
