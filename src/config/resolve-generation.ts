/** Sampling settings of a service or a benchmark, with the flags on top. What neither gives stays out: the endpoint, or the benchmark's authors, decide. */

import type { JsonObject } from '../core/json.js';
import type { GenerationSettings } from '../core/model.js';
import { flagOr, type ResolveContext } from './flags.js';
import type { GenerationConfig } from './schema.js';
import type { ConfigPath } from './yaml-document.js';

/** The settings that have a flag. */
const BY_FLAG = [
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['max_tokens', 'maxTokens'],
  ['seed', 'seed'],
] as const;

function toSettings({ stop, ...rest }: GenerationConfig): GenerationSettings {
  const settings = { ...rest, stop: typeof stop === 'string' ? [stop] : stop };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  // zod has checked the fields; extra_body is JSON by its own check.
  return Object.fromEntries(given) as GenerationSettings & { extra_body?: JsonObject };
}

/** A service's settings, flags over file. */
export function resolveServiceGeneration(context: ResolveContext, field: ConfigPath, config: GenerationConfig): GenerationSettings {
  const flagged = BY_FLAG.map(([setting, flag]) => [setting, flagOr(context, flag, [...field, setting], config[setting])] as const);
  return toSettings({ ...config, ...Object.fromEntries(flagged) });
}

/** A benchmark's own settings, without those that a flag has set for the service: a benchmark's would win over it. */
export function resolveBenchmarkGeneration(context: ResolveContext, field: ConfigPath, config: GenerationConfig): GenerationSettings {
  const left = { ...config };
  for (const [setting, flag] of BY_FLAG) {
    if (context.flags[flag] === undefined) continue;
    flagOr(context, flag, [...field, setting], config[setting]);
    delete left[setting];
  }
  return toSettings(left);
}
