/** How a benchmark's problems are solved and scored beyond the defaults: its solver, parameters and metrics, from flags and file. */

import path from 'node:path';
import type { ParameterValues } from '../core/benchmark.js';
import { GENERIC_SCHEME, type HarnessSpec, isHarnessRef } from '../core/harness.js';
import type { JsonObject } from '../core/json.js';
import { didYouMean } from '../core/nearest.js';
import type { MetricSpec, SolverSpec } from '../core/spec.js';
import { DEFAULTS } from './defaults.js';
import { flagOr, type ResolveContext } from './flags.js';
import type { BenchmarkConfig, MetricConfig } from './schema.js';
import { expandField } from './variables.js';
import type { ConfigPath } from './yaml-document.js';

type SolverType = SolverSpec['type'];

/** @param service gives the service that the benchmark asks; called only for solvers that ask one */
export function resolveSolver(
  context: ResolveContext,
  entry: Partial<BenchmarkConfig>,
  index: number | null,
  service: () => string,
): SolverSpec {
  const { flags, problems, file } = context;
  const field = ['benchmarks', index ?? -1, 'solver'];
  const written = entry.solver;
  const flagged = flags.replay === undefined ? undefined : 'replay';
  const type = (flagged ?? flagOr(context, 'solver', [...field, 'type'], written?.type) ?? 'simple') as SolverType;
  // A flag that names another solver leaves the file's settings without meaning.
  if (flagged === undefined && flags.solver === undefined) refuseOthers(context, written ?? {}, type, field);
  switch (type) {
    case 'simple':
    case 'vlm':
      return { type, service: service() };
    case 'tool_calling':
      return { type, service: service(), max_turns: written?.max_turns ?? DEFAULTS.max_turns };
    case 'oracle':
      return { type, service: null };
    case 'replay': {
      const answers = flags.replay ?? written?.file;
      if (answers === undefined) {
        problems.add({
          kind: file === undefined ? 'usage' : 'config',
          message: 'the solver replay needs a file of recorded answers',
          at: file?.positionOf(field),
          hint: 'Give --replay FILE, or `file:` beside `type: replay`.',
        });
      }
      const recorded = answers === undefined ? '' : recordings(context, answers, [...field, 'file']);
      return { type, service: null, file: recorded, key: written?.key ?? 'auto' };
    }
  }
}

/** Settings that one solver has and no other. */
const SETTINGS_OF = { file: 'replay', key: 'replay', max_turns: 'tool_calling' } as const;

function refuseOthers(
  { problems, file }: ResolveContext,
  written: Readonly<Record<string, unknown>>,
  type: SolverType,
  field: ConfigPath,
): void {
  for (const [key, owner] of Object.entries(SETTINGS_OF)) {
    if (written[key] === undefined || type === owner) continue;
    const message = `solver.${key} is for the solver ${owner}, and this one is ${type}`;
    problems.add({ kind: 'config', message, at: file?.positionOf([...field, key]), hint: `Write type: ${owner}, or leave ${key} out.` });
  }
}

function recordings(context: ResolveContext, text: string, field: ConfigPath): string {
  const { flags, cwd } = context;
  const file = flags.replay === undefined ? expandField(context, text, field) : text;
  return file === undefined ? '' : path.resolve(cwd, file);
}

/** The file's parameters with those of `--param name=value` on top; which a benchmark has is checked when it is opened. */
export function resolveParams({ flags, problems }: ResolveContext, written: ParameterValues): ParameterValues {
  const given = (flags.param ?? []).flatMap((text): [string, number | boolean | string][] => {
    const equals = text.indexOf('=');
    if (equals > 0) return [[text.slice(0, equals), parameterValue(text.slice(equals + 1))]];
    problems.add({ kind: 'usage', message: `--param ${JSON.stringify(text)} is not of the form name=value` });
    return [];
  });
  return { ...written, ...Object.fromEntries(given) };
}

function parameterValue(text: string): number | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

export function resolveMetric(context: ResolveContext, metric: MetricConfig, field: ConfigPath): MetricSpec {
  if (!isJudge(metric)) {
    const { type, name, ...options } = metric;
    return { type, name: name ?? type, options: options as JsonObject };
  }
  const { file, problems } = context;
  const services = Object.keys(file?.config.services ?? {});
  if (!services.includes(metric.service)) {
    problems.add({
      kind: 'config',
      message: `the judge asks an unknown service ${JSON.stringify(metric.service)}${didYouMean(metric.service, services)}`,
      at: file?.positionOf([...field, 'service']),
      hint: `Services here: ${services.join(', ') || 'none'}.`,
    });
  }
  const [low, high] = metric.scale ?? [1, 10];
  if (!(low < high))
    problems.add({ kind: 'config', message: 'scale must rise from the lowest to the highest grade', at: file?.positionOf(field) });
  return {
    type: 'judge',
    name: metric.name ?? 'judge',
    service: metric.service,
    rubric: metric.rubric ?? null,
    scale: [low, high],
    repeats: metric.repeats ?? 1,
    mode: metric.mode ?? 'grade',
    allow_same_model: metric.allow_same_model ?? false,
  };
}

type JudgeConfig = Extract<MetricConfig, { type: 'judge' }>;

/** The schema lets `type: judge` through as a judge only: the union tries that form first. */
function isJudge(metric: MetricConfig): metric is JudgeConfig {
  return metric.type === 'judge' && typeof metric['service'] === 'string';
}

/** The section of another program's benchmark; undefined where the config has none. */
export function resolveHarness(
  { problems, file }: ResolveContext,
  ref: string,
  written: BenchmarkConfig['harness'],
  field: ConfigPath,
): HarnessSpec | undefined {
  if (written === undefined) return undefined;
  const { command, env, results } = written;
  const misplaced = !isHarnessRef(ref)
    ? 'harness goes with lm-eval:// and harness:// only'
    : !ref.startsWith(GENERIC_SCHEME) && (command !== undefined || results !== undefined)
      ? 'harness.command and harness.results go with harness:// only'
      : undefined;
  if (misplaced !== undefined) problems.add({ kind: 'config', message: misplaced, at: file?.positionOf(field) });
  return {
    command: command ?? [],
    env: env ?? [],
    results:
      results === undefined
        ? null
        : {
            file: results.file,
            format: results.format,
            rows: results.rows ?? null,
            fields: {
              reward: results.fields.reward,
              problem_idx: results.fields.problem_idx ?? null,
              prompt: results.fields.prompt ?? null,
              response: results.fields.response ?? null,
              extracted: results.fields.extracted ?? null,
              expected: results.fields.expected ?? null,
              category: results.fields.category ?? null,
            },
            metrics: results.metrics ?? {},
          },
  };
}
