/** What a plan says of scoring: which judge a scorer asks, whether the metrics make sense, and what of them identifies the scores. */

import { createMetric } from '../benchmarks/metrics.js';
import type { ScorerNeed } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { judgeMetric } from '../core/scoring/judge.js';
import type { BenchmarkSpec, JudgeMetricSpec, MetricSpec, RunSpec, ServiceSpec } from '../core/spec.js';
import type { LoadedBenchmark } from './open-benchmark.js';

export function serviceOf(spec: RunSpec, ref: string, name: string): ServiceSpec {
  const service = spec.services[name];
  if (service === undefined) throw new NelError('config', `${ref}: no service "${name}"`);
  return service;
}

/** The judge that the benchmark's own scorer asks: the one without a rubric, else the first; null: there is none. */
export function ownJudge({ metrics }: Pick<BenchmarkSpec, 'metrics'>): JudgeMetricSpec | null {
  const judges = metrics.filter(isJudgeMetric);
  return judges.find(servesOwnScorer) ?? judges[0] ?? null;
}

export function isJudgeMetric(metric: MetricSpec): metric is JudgeMetricSpec {
  return metric.type === 'judge';
}

/** Such a judge makes no score of its own: the benchmark's scorer asks it. */
export function servesOwnScorer(metric: MetricSpec): boolean {
  return isJudgeMetric(metric) && metric.rubric === null && metric.mode === 'grade';
}

/** Names that the bundle's scores have anyway, and one that no object can hold. */
const RESERVED = new Set(['mean_reward', '__proto__']);

/**
 * @throws NelError of kind `config` for a scorer without the judge that it needs, a judge that is the model under test, two metrics of
 *   one name, or a metric that could not be told from another score
 */
export function checkMetrics(
  spec: RunSpec,
  benchmark: BenchmarkSpec,
  { name, needs, environment }: Pick<LoadedBenchmark, 'name' | 'needs' | 'environment'>,
): void {
  const { metrics } = benchmark;
  const asksJudge = needs.includes('judge');
  if (asksJudge && ownJudge(benchmark) === null) {
    throw new NelError('config', `${name} is scored by a judge, and the config names none`, {
      hint: 'Add a service for the judge, and to the benchmark `metrics: [{type: judge, service: NAME}]`.',
    });
  }
  const summary = Object.keys(environment.createSummary?.().scores() ?? {});
  for (const [i, metric] of metrics.entries()) {
    if (!isJudgeMetric(metric)) createMetric(metric);
    else checkJudge(spec, benchmark, name, metric);
    if (servesOwnScorer(metric)) {
      if (asksJudge && (metric as JudgeMetricSpec).repeats === 1) continue;
      const problem = asksJudge ? `asks its judge once, not ${(metric as JudgeMetricSpec).repeats} times` : 'is not scored by a judge';
      throw new NelError('config', `${name} ${problem}: its judge metric "${metric.name}" has no rubric`, {
        hint: 'Say what the judge grades by: rubric.',
      });
    }
    const taken = RESERVED.has(metric.name) || summary.includes(metric.name);
    if (!taken && metrics.findIndex((other) => other.name === metric.name && !servesOwnScorer(other)) === i) continue;
    throw new NelError(
      'config',
      `${name}: ${taken ? 'there is a score' : 'two metrics are'} called "${metric.name}"${taken ? ' already' : ''}`,
      {
        hint: 'Give the metric another name: `name: …` beside its type.',
      },
    );
  }
}

/** The model's name tells: the same model behind another address favours its own answers as much. */
function checkJudge(spec: RunSpec, benchmark: BenchmarkSpec, name: string, metric: JudgeMetricSpec): void {
  const judge = serviceOf(spec, name, metric.service);
  const asked = benchmark.solver.service === null ? undefined : spec.services[benchmark.solver.service];
  if (metric.allow_same_model || asked === undefined || judge.model.toLowerCase() !== asked.model.toLowerCase()) return;
  throw new NelError('config', `${name}: the judge "${metric.service}" is the model under test (${judge.model})`, {
    hint: 'A model favours its own answers: take another judge, or write allow_same_model: true.',
  });
}

/** What scores depend on beside the benchmark's definition: the judge of its scorer, and each metric by its name. */
export function scoringIdentity(spec: RunSpec, metrics: readonly MetricSpec[], needs: readonly ScorerNeed[]): JsonObject {
  const judge = needs.includes('judge') ? ownJudge({ metrics }) : null;
  const scores = metrics.filter((metric) => !servesOwnScorer(metric));
  return {
    ...(judge === null ? {} : { judge: judgeIdentity(spec, judge.service) }),
    ...(scores.length === 0 ? {} : { metrics: Object.fromEntries(scores.map((metric) => [metric.name, metricIdentity(spec, metric)])) }),
  };
}

function metricIdentity(spec: RunSpec, metric: MetricSpec): JsonObject {
  if (!isJudgeMetric(metric)) return { type: metric.type, options: metric.options };
  const { name, settings = {} } = judgeMetric(metric);
  return { type: name, ...settings, judge: judgeIdentity(spec, metric.service) };
}

function judgeIdentity(spec: RunSpec, name: string): JsonObject {
  const { model, url, protocol, generation } = serviceOf(spec, 'judge', name);
  return { model, url, protocol, generation: generation as JsonObject };
}
