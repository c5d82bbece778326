/** Writes results directories for gate and compare tests. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface BenchmarkFiles {
  readonly name?: string;
  /** One line of results.jsonl each; null: no such file. */
  readonly rows?: readonly unknown[] | null;
  /** The file's text as it is, instead of rows. */
  readonly text?: string;
  /** Laid over the bundle. */
  readonly bundle?: Readonly<Record<string, unknown>>;
  /** Folder below the side; default: the name. */
  readonly folder?: string;
  readonly file?: string;
}

export function row(problem_idx: unknown, reward: unknown, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { problem_idx, repeat: 0, reward, ...more };
}

/** 0/1 rows: `ones` ones, then zeros, `n` in all. */
export function binaryRows(ones: number, n: number): Record<string, unknown>[] {
  return Array.from({ length: n }, (_, i) => row(i, i < ones ? 1 : 0));
}

/** Writes one benchmark of one side; returns its folder. */
export function writeBenchmark(
  side: string,
  { name = 'mmlu', rows, text, bundle, folder = name, file = `eval-${name}.json` }: BenchmarkFiles,
): string {
  const dir = path.join(side, folder);
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, file), JSON.stringify({ benchmark: { name }, ...bundle }));
  if (text !== undefined) writeFileSync(path.join(dir, 'results.jsonl'), text);
  else if (rows !== null) writeFileSync(path.join(dir, 'results.jsonl'), (rows ?? []).map((one) => `${JSON.stringify(one)}\n`).join(''));
  return dir;
}
