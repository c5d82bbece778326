/** Checks the values that a config or a flag gives to a benchmark's parameters, before the benchmark is made with them. */

import type { Benchmark, BenchmarkParameter, ParameterValues } from './benchmark.js';
import { NelError } from './errors.js';
import { didYouMean } from './nearest.js';

/**
 * The benchmark with these values; the benchmark itself when there are none.
 * @throws NelError of kind `config` for a parameter that the benchmark has not (with those it has) or a value out of range
 */
export function applyParameters(benchmark: Benchmark, values: ParameterValues): Benchmark {
  const names = Object.keys(values);
  if (names.length === 0) return benchmark;
  const known = benchmark.parameters ?? {};
  for (const name of names) {
    const parameter = Object.hasOwn(known, name) ? known[name] : undefined;
    if (parameter === undefined) throw unknownParameter(benchmark, name, Object.keys(known));
    checkValue(`${benchmark.name}: parameter "${name}"`, parameter, values[name]);
  }
  return benchmark.withParameters?.(values) ?? benchmark;
}

/** All values of a parametrised benchmark: those given, else the defaults. */
export function parameterValues(parameters: Readonly<Record<string, BenchmarkParameter>>, given: ParameterValues): ParameterValues {
  return Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, given[name] ?? parameter.default]));
}

/** What a parameter takes, for people: `integer 0 to 8 (default 0)`. */
export function describeParameter(parameter: BenchmarkParameter): string {
  const fallback = `(default ${String(parameter.default)})`;
  switch (parameter.type) {
    case 'integer':
      return `integer ${parameter.min} to ${parameter.max} ${fallback}`;
    case 'boolean':
      return `true or false ${fallback}`;
    case 'choice':
      return `${parameter.choices.join(', ')} ${fallback}`;
  }
}

function checkValue(where: string, parameter: BenchmarkParameter, value: unknown): void {
  const fits =
    parameter.type === 'integer'
      ? Number.isInteger(value) && (value as number) >= parameter.min && (value as number) <= parameter.max
      : parameter.type === 'boolean'
        ? typeof value === 'boolean'
        : parameter.choices.includes(String(value));
  if (!fits) throw new NelError('config', `${where} must be ${describeParameter(parameter)}, got ${JSON.stringify(value)}`);
}

function unknownParameter({ name }: Benchmark, parameter: string, known: readonly string[]): NelError {
  const hint =
    known.length === 0 ? `${name} has no parameters.` : `It has ${known.join(', ')}; \`nel list benchmarks --verbose\` explains them.`;
  return new NelError('config', `${name}: there is no parameter "${parameter}"${didYouMean(parameter, known)}`, { hint });
}
