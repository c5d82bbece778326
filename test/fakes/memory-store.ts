/** A store of artifacts in memory, with conditions, and a switch that makes it unavailable. */

import { mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ArtifactStore, isSafePath, type StoredFile, StoreUnavailable, type WriteCondition } from '../../src/core/store.js';

export class MemoryStore implements ArtifactStore {
  readonly address = 's3://memory/run';
  readonly files = new Map<string, Buffer>();
  readonly tags = new Map<string, string>();
  /** Paths in the order in which they were written or, with a leading `-`, removed. */
  readonly log: string[] = [];
  /** How many of the next requests are refused for now. */
  away = 0;
  /** Takes the next write and loses its answer: it is repeated, as a client would. */
  loseAnswer = false;
  private version = 0;

  put(file: string, text: string): string {
    const tag = `"${++this.version}"`;
    this.files.set(file, Buffer.from(text));
    this.tags.set(file, tag);
    return tag;
  }

  text(file: string): string | undefined {
    return this.files.get(file)?.toString();
  }

  async list(prefix: string): Promise<readonly StoredFile[]> {
    this.request();
    return [...this.files]
      .filter(([file]) => file.startsWith(prefix) && isSafePath(file))
      .map(([file, bytes]) => ({ path: file, size: bytes.length, tag: this.tags.get(file) as string }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async readText(file: string): Promise<{ text: string; tag: string } | null> {
    this.request();
    const bytes = this.files.get(file);
    return bytes === undefined ? null : { text: bytes.toString(), tag: this.tags.get(file) as string };
  }

  async writeText(file: string, text: string, condition?: WriteCondition): Promise<string | null> {
    this.request();
    const tag = this.tags.get(file);
    const holds = condition === undefined || ('absent' in condition ? tag === undefined : tag === condition.tag);
    if (!holds) return null;
    this.log.push(file);
    const written = this.put(file, text);
    if (!this.loseAnswer) return written;
    this.loseAnswer = false;
    return this.writeText(file, text, condition);
  }

  async download(file: string, localFile: string): Promise<void> {
    this.request();
    await mkdir(path.dirname(localFile), { recursive: true });
    await writeFile(localFile, this.files.get(file) as Buffer);
  }

  async upload(localFile: string, file: string, bytes: number): Promise<void> {
    this.request();
    const source = await open(localFile);
    const { buffer } = await source.read(Buffer.alloc(bytes), 0, bytes, 0);
    await source.close();
    this.log.push(file);
    this.put(file, buffer.toString());
  }

  async remove(file: string): Promise<void> {
    this.request();
    this.log.push(`-${file}`);
    this.files.delete(file);
    this.tags.delete(file);
  }

  close(): void {}

  private request(): void {
    if (this.away > 0) {
      this.away--;
      throw new StoreUnavailable('s3://memory/run does not answer');
    }
  }
}
