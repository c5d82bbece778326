/** What `nel list benchmarks` prints: a line for each, or with --verbose all that makes its scores, in 80 columns. */

import { builtinBenchmarks } from '../benchmarks/registry.js';
import type { Benchmark } from '../core/benchmark.js';
import { errorMessage } from '../core/errors.js';
import type { ContentPart } from '../core/model.js';
import { describeParameter } from '../core/parameters.js';

const COLUMNS = 80;
/** Columns before the text of a member. */
const INDENT = 13;

/** What else --bench takes; on stderr, so that the list stays one. */
const BY_ADDRESS = 'others by their address: ./FILE.ts, gym://HOST:PORT, vlmevalkit://NAME,\nlm-eval://TASK, harness://NAME';

export function listBenchmarks(verbose: boolean): void {
  process.stdout.write(renderBenchmarks(builtinBenchmarks, verbose));
  process.stderr.write(`${BY_ADDRESS}\n`);
}

/** By name; every line of the verbose form fits in 80 columns but for addresses that are longer. */
export function renderBenchmarks(benchmarks: readonly Benchmark[], verbose: boolean): string {
  const sorted = [...benchmarks].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (verbose) return sorted.map((benchmark) => `${details(benchmark)}\n`).join('\n');
  const width = Math.max(...sorted.map(({ name }) => name.length));
  return sorted.map(({ name, description }) => `${name.padEnd(width)}  ${description.split('\n')[0] ?? ''}\n`).join('');
}

function details(benchmark: Benchmark): string {
  const { name, description, about = {}, localPath, requiredFields, scorer, parameters = {} } = benchmark;
  const [source, revision] = sourceOf(benchmark);
  const members: readonly (readonly [string, string | undefined])[] = [
    ['data set', source],
    ['revision', revision],
    ['local path', localPath === undefined ? undefined : `$NEL_DATA_DIR/${localPath}`],
    ['fields', requiredFields.join(', ')],
    ['licence', about.licence],
    ['paper', about.paper],
    ['prompt', promptOf(benchmark)],
    ['few-shot', fewShotOf(benchmark)],
    ['system', benchmark.systemPrompt],
    ['target', about.target ?? fieldOrFunction(benchmark.target)],
    ['categories', about.categories ?? (benchmark.category === undefined ? 'none' : fieldOrFunction(benchmark.category))],
    ['scorer', scorerOf(scorer)],
    ['rule', about.rule],
    ['sampling', benchmark.generation === undefined ? undefined : JSON.stringify(benchmark.generation)],
    ['tools', benchmark.tools?.map((tool) => tool.name).join(', ')],
    ['parameters', parametersOf(parameters)],
  ];
  const lines = members.flatMap(([label, text]) => (text === undefined || text === '' ? [] : member(label, text)));
  return [...wrapped(`${name}: ${description}`, COLUMNS), ...lines].join('\n');
}

/** The address without its revision, and the revision. */
function sourceOf({ dataset }: Benchmark): readonly [string, string | undefined] {
  if (typeof dataset !== 'string') return [`${dataset.length} rows, made by the program`, undefined];
  const revision = /[?&]revision=([^&]+)/.exec(dataset)?.[1];
  return [dataset.replace(/([?&])revision=[^&]+&?/, '$1').replace(/[?&]$/, ''), revision];
}

/** A template as it is; a function by what it makes of the sample row. */
function promptOf({ prompt, about }: Benchmark): string {
  if (typeof prompt === 'string') return prompt;
  if (about?.sample === undefined) return 'made by a function of the row';
  try {
    return `(of an invented problem)\n${textOf(prompt(about.sample))}`;
  } catch (error) {
    return `made by a function of the row; of the sample row it makes none: ${errorMessage(error)}`;
  }
}

function textOf(content: string | readonly ContentPart[]): string {
  return typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '[image]')).join('');
}

function fewShotOf({ fewShot, parameters = {} }: Benchmark): string {
  const settable = Object.hasOwn(parameters, 'shots') ? '; see the parameter shots' : '';
  if (fewShot === undefined) return `none${settable}`;
  if ('dataset' in fewShot)
    return `${fewShot.count} of ${typeof fewShot.dataset === 'string' ? fewShot.dataset : 'the given rows'}${settable}`;
  const count = fewShot.filter(({ role }) => role === 'user').length;
  return `${count === 0 ? 'none' : count}${settable}`;
}

function fieldOrFunction(value: string | ((...args: never[]) => unknown)): string {
  return typeof value === 'string' ? `field ${value}` : 'made by a function of the row';
}

function scorerOf({ name, needs = [] }: Benchmark['scorer']): string {
  return needs.length === 0 ? name : `${name} (needs a ${needs.join(' and a ')})`;
}

function parametersOf(parameters: NonNullable<Benchmark['parameters']>): string {
  return Object.entries(parameters)
    .map(([name, parameter]) => `${name}: ${parameter.description}; ${describeParameter(parameter)}`)
    .join('\n');
}

/** A label and its text, each line of it wrapped and put under the first. */
function member(label: string, text: string): string[] {
  const lines = text.split('\n').flatMap((line) => wrapped(line, COLUMNS - INDENT - 2));
  return lines.map((line, i) => `  ${(i === 0 ? label : '').padEnd(INDENT)}${line}`.trimEnd());
}

/** Broken at spaces; a word that is longer stands alone. Indentation at the start is kept. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [i, word] of text.split(' ').entries()) {
    const longer = i === 0 ? word : `${line} ${word}`;
    if (longer.length > width && line.trim() !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
