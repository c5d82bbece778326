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
  checkRescoreFlags(flags);
  const metrics = flags.metric.map((text) => metricOf(text, flags));
  const { judgeUrl, rubric } = flags;
  if (judgeUrl !== undefined && !metrics.some(({ type }) => type === JUDGE)) metrics.push(judgeOf({ type: JUDGE }, flags));
  const judges = metrics.filter(({ type }) => type === JUDGE);
  if (rubric !== undefined && judges.length === 0) {
    throw new NelError('usage', '--rubric is for a judge, and none is asked for', {
      hint: 'Add --judge-url and --judge-model, or --metric judge.',
    });
  }
  if (judgeUrl === undefined && file?.config.services?.[JUDGE] === undefined && judges.some(({ service }) => service === JUDGE)) {
    throw new NelError('usage', 'it is not said which model judges', {
      hint: "Give --judge-url and --judge-model, or -c CONFIG and --metric '{type: judge, service: NAME}'.",
    });
  }
  if (metrics.length === 0) {
    if (file === undefined) return { metrics: [], services: {} };
    throw new NelError('usage', `${file.name} gives services only, and no metric is named`, {
      hint: "Name one with --metric, such as --metric '{type: judge, service: NAME, rubric: …}'.",
    });
  }
  const services: Record<string, unknown> = { ...file?.config.services };
  if (flags.judgeUrl !== undefined) {
    services[JUDGE] = {
      url: flags.judgeUrl,
      model: flags.judgeModel,
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

function checkRescoreFlags({ judgeUrl, judgeModel, judgeKeyEnv }: RescoreFlags): void {
  if (judgeUrl !== undefined && judgeModel === undefined)
    throw new NelError('usage', '--judge-url needs the name of the model there', { hint: 'Add --judge-model.' });
  const alone = judgeModel !== undefined ? '--judge-model' : judgeKeyEnv !== undefined ? '--judge-key-env' : undefined;
  if (judgeUrl === undefined && alone !== undefined)
    throw new NelError('usage', `${alone} needs --judge-url`, { hint: 'Say where the judge is.' });
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
