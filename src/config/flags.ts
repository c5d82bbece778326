/** The flags of `nel eval run` that change what is evaluated, their checks, and the one rule by which a flag wins over a config file. */

import type { z } from 'zod';
import { formatPosition } from '../core/errors.js';
import type { Protocol } from '../core/model.js';
import { describeType, schemaAt } from './json-schema.js';
import { type ParsedConfig, shown } from './load.js';
import type { Problems } from './problems.js';
import { benchmarkSchema, evalConfigSchema, generationSchema, outputSchema, sandboxSchema, serviceSchema, solverSchema } from './schema.js';
import { type Environment, looksLikeSecret } from './secret-names.js';
import { displayUrl } from './service-url.js';
import { type ConfigPath, formatPath } from './yaml-document.js';

/** Flags as given; what is undefined was not given. Numbers are numbers; units are those of the config's fields. */
export interface RunFlags {
  /** `--bench`, repeatable: names or paths, relative to the current directory. */
  readonly bench?: readonly string[] | undefined;
  readonly repeats?: number | undefined;
  readonly maxProblems?: number | undefined;
  readonly outputDir?: string | undefined;
  readonly modelUrl?: string | undefined;
  readonly modelId?: string | undefined;
  readonly temperature?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly systemPrompt?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly topP?: number | undefined;
  readonly seed?: number | undefined;
  /** Name of the environment variable with the API key. */
  readonly apiKeyEnv?: string | undefined;
  readonly maxErrorRate?: number | undefined;
  readonly protocol?: Protocol | undefined;
  /** Seconds. */
  readonly requestTimeout?: number | undefined;
  readonly maxRetries?: number | undefined;
  /** `--param name=value`, repeatable. */
  readonly param?: readonly string[] | undefined;
  readonly solver?: string | undefined;
  /** `--replay FILE`: recorded answers in place of a model. */
  readonly replay?: string | undefined;
  readonly sandbox?: string | undefined;
}

export type FlagKey = Exclude<keyof RunFlags, 'bench' | 'param' | 'replay'>;

const SERVICE = ['services', 'x'] as const;
const BENCHMARK = ['benchmarks', 0] as const;

/** Each flag, the field of the config that it sets, and that field's check. */
export const FLAGS: Readonly<Record<FlagKey, { readonly flag: string; readonly field: ConfigPath; readonly schema: z.ZodType }>> = {
  repeats: { flag: '--repeats', field: [...BENCHMARK, 'repeats'], schema: benchmarkSchema.shape.repeats },
  maxProblems: { flag: '--max-problems', field: [...BENCHMARK, 'max_problems'], schema: benchmarkSchema.shape.max_problems },
  outputDir: { flag: '--output-dir', field: ['output', 'dir'], schema: outputSchema.shape.dir },
  modelUrl: { flag: '--model-url', field: [...SERVICE, 'url'], schema: serviceSchema.shape.url },
  modelId: { flag: '--model-id', field: [...SERVICE, 'model'], schema: serviceSchema.shape.model },
  temperature: { flag: '--temperature', field: [...SERVICE, 'generation', 'temperature'], schema: generationSchema.shape.temperature },
  maxTokens: { flag: '--max-tokens', field: [...SERVICE, 'generation', 'max_tokens'], schema: generationSchema.shape.max_tokens },
  systemPrompt: { flag: '--system-prompt', field: [...BENCHMARK, 'system_prompt'], schema: benchmarkSchema.shape.system_prompt },
  concurrency: { flag: '--concurrency', field: [...SERVICE, 'concurrency'], schema: serviceSchema.shape.concurrency },
  topP: { flag: '--top-p', field: [...SERVICE, 'generation', 'top_p'], schema: generationSchema.shape.top_p },
  seed: { flag: '--seed', field: [...SERVICE, 'generation', 'seed'], schema: generationSchema.shape.seed },
  apiKeyEnv: { flag: '--api-key-env', field: [...SERVICE, 'api_key'], schema: serviceSchema.shape.model },
  maxErrorRate: { flag: '--max-error-rate', field: ['max_error_rate'], schema: evalConfigSchema.shape.max_error_rate },
  protocol: { flag: '--protocol', field: [...SERVICE, 'protocol'], schema: serviceSchema.shape.protocol },
  requestTimeout: { flag: '--request-timeout', field: [...SERVICE, 'request_timeout'], schema: serviceSchema.shape.request_timeout },
  solver: { flag: '--solver', field: [...BENCHMARK, 'solver', 'type'], schema: solverSchema.shape.type },
  sandbox: { flag: '--sandbox', field: [...BENCHMARK, 'sandbox', 'type'], schema: sandboxSchema.shape.type },
  maxRetries: { flag: '--max-retries', field: [...SERVICE, 'max_retries'], schema: serviceSchema.shape.max_retries },
};

/** What resolve.ts and its parts work on: the inputs, and where problems and notes go. */
export interface ResolveContext {
  readonly file: ParsedConfig | undefined;
  readonly flags: RunFlags;
  readonly env: Environment;
  /** Absolute path of the current directory. */
  readonly cwd: string;
  readonly problems: Problems;
  readonly notes: string[];
}

/** Checks the flags' values against the same ranges as the file's. */
export function checkFlags({ flags, problems }: ResolveContext): void {
  for (const key of Object.keys(FLAGS) as FlagKey[]) {
    const value = flags[key];
    const { flag, field, schema } = FLAGS[key];
    if (value === undefined || schema.safeParse(value).success) continue;
    const type = schemaAt(field);
    const message = value === '' ? `${flag} is empty` : `${flag} must be ${type ? describeType(type) : 'valid'}, got ${shown(value)}`;
    problems.add({ kind: 'usage', message });
  }
  const name = flags.apiKeyEnv;
  // A key given in place of its variable's name is in the shell's history already; it shall be nowhere else.
  if (name && (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || looksLikeSecret(name))) {
    problems.add({
      kind: 'usage',
      message: '--api-key-env takes the name of an environment variable, not a key',
      hint: 'Put the key into a variable (export NAME=…) and give --api-key-env NAME.',
    });
  }
}

/** The text of a note: what wins over which value of which line. Addresses are shown without credentials. */
function overrideNote(file: ParsedConfig, key: FlagKey, field: ConfigPath, value: unknown, flag: unknown): string {
  const show = (one: unknown): string =>
    key === 'modelUrl' ? displayUrl(String(one)) : typeof one === 'string' && /^[\w./:${}@-]{1,80}$/.test(one) ? one : shown(one);
  const { column: _, ...line } = file.positionOf(field);
  return `${FLAGS[key].flag} ${show(flag)} overrides ${formatPath(field)} ${show(value)} (${formatPosition(line)})`;
}

/**
 * The flag's value if it was given, else the file's; a flag that changes a value of the file is noted.
 *
 * @param value what the file has at `field`; undefined where it has nothing
 */
export function flagOr<K extends FlagKey, T>(
  context: ResolveContext,
  key: K,
  field: ConfigPath,
  value: T | undefined,
): T | Exclude<RunFlags[K], undefined> | undefined {
  const flag = context.flags[key] as Exclude<RunFlags[K], undefined> | undefined;
  if (flag === undefined) return value;
  if (context.file !== undefined && value !== undefined && value !== null && (value as unknown) !== flag) {
    context.notes.push(overrideNote(context.file, key, field, value, flag));
  }
  return flag;
}
