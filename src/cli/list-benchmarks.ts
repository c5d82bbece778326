/** What `nel list benchmarks` prints. */

import { builtinBenchmarks } from '../benchmarks/registry.js';
import type { Benchmark } from '../core/benchmark.js';
import { describeParameter } from '../core/parameters.js';

export function listBenchmarks(verbose: boolean): void {
  const benchmarks = [...builtinBenchmarks].sort((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(...benchmarks.map(({ name }) => name.length));
  for (const benchmark of benchmarks) {
    process.stdout.write(
      verbose ? `${details(benchmark)}\n\n` : `${benchmark.name.padEnd(width)}  ${benchmark.description.split('\n')[0] ?? ''}\n`,
    );
  }
}

/** A function has no text that a list could show. */
function shown(value: string | ((...args: never[]) => unknown) | undefined): string {
  if (value === undefined) return 'none';
  return typeof value === 'function' ? 'made by a function of the row' : value;
}

function fewShot({ fewShot: examples = [] }: Benchmark): string {
  if (!('dataset' in examples)) return `${examples.filter(({ role }) => role === 'user').length} examples`;
  return `${examples.count} examples of ${typeof examples.dataset === 'string' ? examples.dataset : 'the file'}`;
}

function details(benchmark: Benchmark): string {
  const { dataset, localPath } = benchmark;
  const rows: [string, string][] = [
    ['data set', typeof dataset === 'string' ? dataset : `${dataset.length} rows, in the file`],
    ['local path', localPath === undefined ? 'none' : `$NEL_DATA_DIR/${localPath}`],
    ['fields', benchmark.requiredFields.join(', ')],
    ['target', shown(benchmark.target)],
    ['category', shown(benchmark.category)],
    ['scorer', benchmark.scorer.name],
    ['few-shot', fewShot(benchmark)],
    ['system', shown(benchmark.systemPrompt)],
    ['prompt', shown(benchmark.prompt)],
    ...Object.entries(benchmark.parameters ?? {}).map(([name, parameter]): [string, string] => [
      `params.${name}`,
      `${parameter.description}: ${describeParameter(parameter)}`,
    ]),
  ];
  const lines = rows.map(([name, text]) => `  ${name.padEnd(12)} ${text.replaceAll('\n', `\n${' '.repeat(15)}`)}`);
  return [`${benchmark.name}: ${benchmark.description}`, ...lines].join('\n');
}
