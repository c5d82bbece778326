/** What `nel rescore` is asked for: metrics as the config knows them, from flags or a config file, and the services of judges. */

import { stringify } from 'yaml';
import { NelError } from '../core/errors.js';
import type { MetricSpec, ServiceSpec } from '../core/spec.js';
import { type ParsedConfig, parseEvalConfig } from './load.js';
import { Problems } from './problems.js';
import { resolveRunSpec } from './resolve.js';
import type { Environment } from './secret-names.js';
import { parseYaml } from './yaml-document.js';

export interface RescoreFlags {
  /** Each a type (`token_f1`) or a mapping in YAML (`{type: regex, pattern: "x"}`). */
  readonly metric: readonly string[];
  readonly judgeUrl?: string;
  readonly judgeModel?: string;
  readonly judgeKeyEnv?: string;
  readonly rubric?: string;
}

export interface RescoreRequest {
  readonly metrics: readonly MetricSpec[];
  readonly services: Readonly<Record<string, ServiceSpec>>;
}

const JUDGE = 'judge';

/**
 * @param file a config whose services judges may ask
 * @throws NelError of kind `usage` for a flag that cannot be read, `config` for what the config's own rules refuse
 */
export function resolveRescore(flags: RescoreFlags, file: ParsedConfig | undefined, env: Environment): RescoreRequest {
  const metrics = flags.metric.map((text) => metricOf(text, flags));
  if (flags.judgeUrl !== undefined && !metrics.some(({ type }) => type === JUDGE)) metrics.push(judgeOf({ type: JUDGE }, flags));
  if (metrics.length === 0) return { metrics: [], services: {} };
  const services: Record<string, unknown> = { ...file?.config.services };
  if (flags.judgeUrl !== undefined) {
    services[JUDGE] = {
      url: flags.judgeUrl,
      model: flags.judgeModel ?? '',
      ...(flags.judgeKeyEnv === undefined ? {} : { api_key: `\${${flags.judgeKeyEnv}}` }),
    };
  }
  const config = {
    ...(Object.keys(services).length === 0 ? {} : { services }),
    benchmarks: [{ name: 'stored', solver: { type: 'oracle' }, metrics }],
  };
  const { spec } = resolveRunSpec({ file: parseEvalConfig(stringify(config), '--metric'), flags: {}, env, cwd: '/' });
  return { metrics: spec.benchmarks[0]?.metrics ?? [], services: spec.services };
}

type Metric = Readonly<Record<string, unknown>> & { readonly type: string };

function metricOf(text: string, flags: RescoreFlags): Metric {
  const problems = new Problems();
  const data = parseYaml(text, '--metric', problems)?.data;
  problems.throwIfAny();
  const metric = typeof data === 'string' ? { type: data } : data;
  if (typeof metric !== 'object' || metric === null || typeof (metric as { type?: unknown }).type !== 'string') {
    throw new NelError('usage', `--metric ${JSON.stringify(text.slice(0, 80))} names no scorer`, {
      hint: 'Give a name, such as token_f1, or a mapping: --metric \'{type: regex, pattern: "x"}\'.',
    });
  }
  return (metric as Metric).type === JUDGE ? judgeOf(metric as Metric, flags) : (metric as Metric);
}

function judgeOf(metric: Metric, { rubric }: RescoreFlags): Metric {
  return { service: JUDGE, ...(rubric === undefined ? {} : { rubric }), ...metric };
}
