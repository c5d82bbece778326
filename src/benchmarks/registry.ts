/** Finds a benchmark by what a user wrote: a built-in name, or the path of a TypeScript or JavaScript file (BYOB). */

import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Benchmark } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import { practiceBenchmarks } from '../practice/benchmarks.js';
import { aime2025Benchmark } from './aime-2025.js';
import { dropBenchmark } from './drop.js';
import { loadBenchmarkFile } from './file.js';
import { gpqaBenchmark } from './gpqa.js';
import { gsm8kBenchmark } from './gsm8k.js';
import { humanevalBenchmark } from './humaneval.js';
import { ifevalBenchmark } from './ifeval.js';
import { math500Benchmark } from './math500.js';
import { mgsmBenchmark } from './mgsm.js';
import { mmluBenchmark } from './mmlu.js';
import { mmluProBenchmark } from './mmlu-pro.js';
import { simpleqaBenchmark } from './simpleqa.js';
import { triviaqaBenchmark } from './triviaqa.js';
import { truthfulqaBenchmark } from './truthfulqa.js';

/** The benchmarks that can be named without a file, in the order of `nel list benchmarks`. */
export const builtinBenchmarks: readonly Benchmark[] = [
  aime2025Benchmark,
  dropBenchmark,
  gpqaBenchmark,
  gsm8kBenchmark,
  humanevalBenchmark,
  ifevalBenchmark,
  math500Benchmark,
  mgsmBenchmark,
  mmluBenchmark,
  mmluProBenchmark,
  simpleqaBenchmark,
  triviaqaBenchmark,
  truthfulqaBenchmark,
  ...practiceBenchmarks,
];

export interface LoadedBenchmark {
  readonly benchmark: Benchmark;
  /** `sha256:` over a user's file and the files beside it that it imports; null for a built-in benchmark. */
  readonly sourceHash: string | null;
}

const FILE = /[/\\]|\.(?:ts|mts|cts|js|mjs|cjs)$/;

/** True when `ref` means a file, not a name. */
export function isBenchmarkFile(ref: string): boolean {
  return FILE.test(ref);
}

/**
 * @param cwd what a relative path is relative to
 * @throws NelError of kind `usage` for an unknown name (with the nearest and all known ones) or a file that is not there, of kind
 *   `config` for a file that does not load or exports no benchmark
 */
export async function loadBenchmark(ref: string, cwd: string): Promise<LoadedBenchmark> {
  if (isBenchmarkFile(ref)) {
    const file = path.resolve(cwd, ref);
    if (!existsSync(file) || !statSync(file).isFile()) {
      throw new NelError('usage', `no benchmark file ${file}`, {
        hint: 'A benchmark is a built-in name (`nel list benchmarks`) or the path of a .ts, .js or .mjs file.',
      });
    }
    return loadBenchmarkFile(file);
  }
  const benchmark = builtinBenchmarks.find(({ name }) => name === ref) ?? builtinBenchmarks.find(({ name }) => alias(name) === alias(ref));
  if (benchmark !== undefined) return { benchmark, sourceHash: null };
  const names = builtinBenchmarks.map(({ name }) => name);
  throw new NelError('usage', `unknown benchmark "${ref}"${didYouMean(ref, names)}`, {
    hint: `Known: ${names.join(', ')}. Your own benchmark is named by its file: ./my_benchmark.ts.`,
  });
}

/** `MMLU-Pro`, `mmlu_pro` and `mmlu-pro` are one name. */
function alias(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}
