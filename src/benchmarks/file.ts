/** Loads a user's benchmark file, TypeScript or JavaScript, wherever it lies; `nel` in it is this very package. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti, type Jiti } from 'jiti';
import type { Benchmark } from '../core/benchmark.js';
import { errorMessage, NelError } from '../core/errors.js';
import { isBenchmark } from './define.js';

/**
 * The default export when it is a benchmark, else the first export that is one. A relative data path is taken from the file's
 * folder. The module is loaded anew each time, so that a long-lived worker never runs an older text than the hash says.
 *
 * @throws NelError of kind `config` when the file fails to load or has no benchmark
 */
export async function loadBenchmarkFile(file: string): Promise<{ benchmark: Benchmark; sourceHash: string }> {
  const nel: unknown = await import('../index.js');
  const jiti = createJiti(file, { fsCache: false, moduleCache: false, interopDefault: false, virtualModules: { nel } });
  const sourceHash = hashSources(jiti, file);
  let exports: Record<string, unknown>;
  try {
    exports = await jiti.import<Record<string, unknown>>(file);
  } catch (error) {
    if (error instanceof NelError) throw new NelError(error.kind, error.message, withHint(error, file));
    throw new NelError('config', `the benchmark file does not load: ${firstLine(error)}`, { at: { file }, cause: error });
  }
  const candidates: unknown[] = [exports['default'], ...Object.values(exports)];
  const benchmark = candidates.find(isBenchmark);
  if (benchmark === undefined) {
    throw new NelError('config', 'the file exports no benchmark', {
      at: { file },
      hint: "Export what defineBenchmark returns: export const myBenchmark = defineBenchmark({ … }) with import { defineBenchmark } from 'nel'.",
    });
  }
  return { benchmark: { ...benchmark, dataset: datasetFrom(benchmark.dataset, path.dirname(file)) }, sourceHash };
}

function datasetFrom(dataset: Benchmark['dataset'], folder: string): Benchmark['dataset'] {
  if (typeof dataset !== 'string' || /^[a-z][a-z0-9+.-]+:\/\//i.test(dataset)) return dataset;
  return path.resolve(folder, dataset);
}

/** Static and dynamic imports, re-exports and require with a relative path. */
const RELATIVE_IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;

/** All files that a benchmark file needs on another machine: itself, what it imports by relative path, its data. Absolute paths. */
export async function benchmarkFiles(file: string): Promise<readonly string[]> {
  const { benchmark } = await loadBenchmarkFile(file);
  const examples = benchmark.fewShot !== undefined && 'dataset' in benchmark.fewShot ? benchmark.fewShot.dataset : undefined;
  const data = [benchmark.dataset, examples].filter((one) => typeof one === 'string' && path.isAbsolute(one) && existsSync(one));
  return [...sourcesOf(createJiti(file, { fsCache: false }), file).keys(), ...(data as string[])];
}

/** `sha256:` over the texts of the file and of all that it imports by relative path, in the order of first mention. */
function hashSources(jiti: Jiti, file: string): string {
  const hash = createHash('sha256');
  for (const text of sourcesOf(jiti, file).values()) hash.update(`${Buffer.byteLength(text)}\n`).update(text);
  return `sha256:${hash.digest('hex')}`;
}

/** The file and all that it imports by relative path, with their texts, in the order of first mention. */
function sourcesOf(jiti: Jiti, file: string): ReadonlyMap<string, string> {
  const seen = new Map<string, string>();
  const visit = (source: string): void => {
    if (seen.has(source)) return;
    const text = readFileSync(source, 'utf8');
    seen.set(source, text);
    for (const [, , specifier] of text.matchAll(RELATIVE_IMPORT)) {
      const resolved = jiti.esmResolve(specifier as string, { parentURL: source, try: true });
      const imported = resolved?.startsWith('file:') ? fileURLToPath(resolved) : resolved;
      if (imported !== undefined && path.isAbsolute(imported) && existsSync(imported)) visit(imported);
    }
  };
  visit(file);
  return seen;
}

function withHint(error: NelError, file: string): { at: { file: string }; hint?: string } {
  return error.hint === undefined ? { at: { file } } : { at: { file }, hint: error.hint };
}

function firstLine(error: unknown): string {
  return (errorMessage(error).split('\n')[0] as string).slice(0, 500);
}
