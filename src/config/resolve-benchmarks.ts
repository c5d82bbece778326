/** The benchmarks of a run: which of the file's and the flags' run, where their own files are, and which service each asks. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { NelErrorKind, SourcePosition } from '../core/errors.js';
import { type HarnessBenchmarkSpec, LM_EVAL_SCHEME } from '../core/harness.js';
import { canonicalJson } from '../core/json.js';
import { didYouMean } from '../core/nearest.js';
import type { SandboxType } from '../core/sandbox.js';
import type { BenchmarkSpec } from '../core/spec.js';
import { DEFAULTS } from './defaults.js';
import { flagOr, type ResolveContext } from './flags.js';
import { resolveBenchmarkGeneration } from './resolve-generation.js';
import { resolveHarness, resolveMetric, resolveParams, resolveSolver } from './resolve-work.js';
import type { BenchmarkConfig } from './schema.js';
import { expandField } from './variables.js';

/** Name of the one service of a run whose file has none, or that has no file. */
export const FLAGS_SERVICE = 'model';

interface Listed {
  readonly ref: string;
  /** What the file says; empty for a benchmark that only a flag names. */
  readonly entry: Partial<BenchmarkConfig>;
  /** Place in the file's list; null for a flag's. */
  readonly index: number | null;
  readonly at: SourcePosition | undefined;
}

/** Benchmarks in the order they run; problems go to the context. */
export function resolveBenchmarks(context: ResolveContext): BenchmarkSpec[] {
  const listed = listOfFile(context);
  const chosen = context.flags.bench?.length ? choose(context, context.flags.bench, listed) : listed;
  if (chosen.length === 0 && !context.problems.any) {
    context.problems.add({
      kind: 'usage',
      message: 'no benchmark is named',
      hint: 'Give --bench NAME (`nel list benchmarks` shows them), or a config file with benchmarks.',
    });
  }
  return chosen.map((one) => toSpec(context, one));
}

function listOfFile(context: ResolveContext): Listed[] {
  const { file, problems } = context;
  const listed: Listed[] = [];
  for (const [index, entry] of (file?.config.benchmarks ?? []).entries()) {
    const field = ['benchmarks', index, 'name'];
    const at = file?.positionOf(field);
    const name = expandField(context, entry.name, field);
    if (name === undefined) continue;
    const ref = resolveRef(context, name, [path.dirname(file?.path ?? ''), context.cwd], { kind: 'config', at });
    if (ref === undefined) continue;
    const twin = listed.find((other) => other.ref === ref && sameParams(other.entry.params, entry.params));
    if (twin !== undefined) {
      const message = `benchmark ${JSON.stringify(name)} is listed twice, first in line ${twin.at?.line}`;
      problems.add({ kind: 'config', message, at, hint: 'Give one entry with more repeats, or put the second into another config.' });
    } else listed.push({ ref, entry, index, at });
  }
  return listed;
}

/** One benchmark with two settings of its parameters is two benchmarks. */
function sameParams(a: BenchmarkConfig['params'], b: BenchmarkConfig['params']): boolean {
  return canonicalJson(a ?? {}) === canonicalJson(b ?? {});
}

/** A name as it is; a path as an absolute one, or undefined (with a problem) when no such file exists. */
function resolveRef(
  { problems }: ResolveContext,
  name: string,
  folders: readonly string[],
  where: { kind: NelErrorKind; at?: SourcePosition | undefined },
): string | undefined {
  if (name.startsWith(LM_EVAL_SCHEME)) return resolveLmEvalRef(name, folders);
  if (!isPath(name)) return name;
  const tried = [...new Set(folders.map((folder) => path.resolve(folder, name)))];
  const found = tried.find((candidate) => existsSync(candidate));
  if (found === undefined) problems.add({ ...where, message: `no such benchmark file: ${name} (looked for ${tried.join(' and ')})` });
  return found;
}

/** A task file's path as an absolute one. Whether it exists is told when it is opened: as any address, this one may mean another machine. */
function resolveLmEvalRef(ref: string, folders: readonly string[]): string {
  const rest = ref.slice(LM_EVAL_SCHEME.length);
  const [task = '', ...query] = rest.split('?');
  if (!task.includes('/') && !task.endsWith('.yaml')) return ref;
  const tried = folders.map((folder) => path.resolve(folder, task));
  return LM_EVAL_SCHEME + [tried.find((candidate) => existsSync(candidate)) ?? tried.at(-1), ...query].join('?');
}

/** A benchmark of one's own is named by its file; `scheme://…` names are not files. */
function isPath(name: string): boolean {
  return !/^[a-z][a-z0-9+.-]*:\/\//i.test(name) && (name.includes('/') || /\.[cm]?[jt]s$/i.test(name));
}

/** The benchmarks that `--bench` names: the file's entries where it has them, new ones otherwise, in the order of the flags. */
function choose(context: ResolveContext, names: readonly string[], listed: readonly Listed[]): Listed[] {
  const { file, cwd, notes, problems } = context;
  const chosen: Listed[] = [];
  for (const name of names) {
    // `--bench ./x.ts` as the file has it means the file's own, wherever that was found.
    const ofFile = listed.find(
      (one) => one.entry.name === name || one.ref === name || (isPath(name) && one.ref === path.resolve(cwd, name)),
    );
    const ref = ofFile?.ref ?? resolveRef(context, name, [cwd], { kind: 'usage' });
    if (ref === undefined) continue;
    if (chosen.some((one) => one.ref === ref)) problems.add({ kind: 'usage', message: `--bench ${name} is given twice` });
    else chosen.push(ofFile ?? { ref, entry: {}, index: null, at: undefined });
    if (ofFile === undefined && listed.length > 0) {
      const known = listed.map((one) => one.entry.name ?? one.ref);
      notes.push(`--bench ${name} adds a benchmark that ${file?.name} does not have${didYouMean(name, known)}`);
    }
  }
  const left = listed.filter((one) => !chosen.includes(one)).map((one) => one.entry.name);
  if (left.length > 0) notes.push(`--bench leaves out ${left.join(', ')} of ${file?.name}`);
  return chosen;
}

function toSpec(context: ResolveContext, { ref, entry, index, at }: Listed): HarnessBenchmarkSpec {
  const field = ['benchmarks', index ?? -1];
  const harness = resolveHarness(context, ref, entry.harness, [...field, 'harness']);
  return {
    ref,
    repeats: flagOr(context, 'repeats', [...field, 'repeats'], entry.repeats) ?? DEFAULTS.repeats,
    max_problems: flagOr(context, 'maxProblems', [...field, 'max_problems'], entry.max_problems) ?? null,
    system_prompt: flagOr(context, 'systemPrompt', [...field, 'system_prompt'], entry.system_prompt) ?? null,
    solver: resolveSolver(context, entry, index, () => serviceOf(context, entry, index, at)),
    generation: resolveBenchmarkGeneration(context, [...field, 'generation'], entry.generation ?? {}),
    params: resolveParams(context, entry.params ?? {}),
    metrics: (entry.metrics ?? []).map((metric, i) => resolveMetric(context, metric, [...field, 'metrics', i])),
    sandbox: {
      type: (flagOr(context, 'sandbox', [...field, 'sandbox', 'type'], entry.sandbox?.type) as SandboxType | undefined) ?? null,
      limits: definedOnly(entry.sandbox?.limits ?? {}),
      image: entry.sandbox?.image ?? null,
    },
    ...(harness === undefined ? {} : { harness }),
  };
}

function definedOnly<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** The service that a benchmark asks; a name that does not exist is a problem. */
function serviceOf(context: ResolveContext, entry: Partial<BenchmarkConfig>, index: number | null, at: SourcePosition | undefined): string {
  const { file, problems } = context;
  const services = Object.keys(file?.config.services ?? {});
  const known = services.length > 0 ? services : [FLAGS_SERVICE];
  const wanted = entry.solver?.service;
  if (wanted === undefined) {
    if (known.length > 1) {
      const message =
        index === null
          ? `which service a benchmark of --bench asks is not clear: ${file?.name} has`
          : `benchmarks[${index}] names no service and there are`;
      problems.add({
        kind: index === null ? 'usage' : 'config',
        message: `${message} ${known.join(', ')}`,
        at,
        hint: index === null ? 'Add it to the file with solver: {service: NAME}.' : 'Add solver: {service: NAME}.',
      });
    }
    return known[0] as string;
  }
  if (!known.includes(wanted)) {
    problems.add({
      kind: 'config',
      message: `benchmarks[${index}].solver.service names an unknown service ${JSON.stringify(wanted)}${didYouMean(wanted, known)}`,
      at: file?.positionOf(['benchmarks', index ?? -1, 'solver', 'service']),
      hint: `Services here: ${known.join(', ')}.`,
    });
  }
  return wanted;
}
