/** Scores one stored answer again, for rescore.ts: by further metrics beside what it earned, or by the benchmark's own scorer as it is now. */

import { addMetrics, type Metric, withMetrics } from '../adapters/environments/with-metrics.js';
import type { Environment, Seed, Verification } from '../core/environment.js';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import { NoVerdictError } from '../core/judge.js';
import type { Model, ProbeResult } from '../core/model.js';
import type { SampleRecord } from '../core/sample.js';
import type { MetricSpec, PlannedBenchmark, RunSpec } from '../core/spec.js';
import { EndpointDownError } from '../engine/endpoint.js';
import { hashJson } from '../engine/hash.js';
import { Outage } from '../engine/outage.js';
import { answerFailure, endsBatch } from '../engine/sample.js';
import type { LoadedBenchmark } from './open-benchmark.js';
import { checkMetrics, isJudgeMetric, scoringIdentity, servesOwnScorer } from './plan-metrics.js';
import type { RunOpener } from './run-opener.js';

export interface RescorerOptions {
  readonly opener: RunOpener;
  /** With the services of the judges. */
  readonly spec: RunSpec;
  /** As it was run. */
  readonly benchmark: PlannedBenchmark;
  readonly metrics: readonly MetricSpec[];
  readonly reward: string | null;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** A benchmark whose stored answers can be scored. */
export interface OpenRescorer {
  /** Under its new metrics: its hash differs where scores may, so that old and new ones are not taken for the same thing. */
  readonly planned: PlannedBenchmark;
  readonly reward: string | null;
  readonly signal: AbortSignal;
  /** The problem of a stored answer. */
  seed(record: SampleRecord): Seed | Promise<Seed>;
  /** Null: the answer was never scored, and these metrics do not make it so. */
  verify(record: SampleRecord, seed: Seed): Promise<Verification> | null;
  /** Waits until all judges answer. */
  judgesUp(error: EndpointDownError): Promise<void>;
  close(): Promise<void>;
}

/** @throws NelError of kind `config` for metrics that planBenchmarks would refuse, `data` when the benchmark or its data set changed */
export async function openRescorer(options: RescorerOptions): Promise<OpenRescorer> {
  return asksOwnScorer(options.metrics) ? openOwnScorer(options) : openMetrics(options);
}

/** Whether these metrics need the benchmark itself; else stored answers are enough, also of a benchmark that is no longer there. */
export function asksOwnScorer(metrics: readonly MetricSpec[]): boolean {
  return metrics.length === 0 || metrics.some(servesOwnScorer);
}

/** The benchmark's own scorer as it is now, and metrics beside it: those of the run, or other ones. */
async function openOwnScorer(options: RescorerOptions): Promise<OpenRescorer> {
  const { benchmark, opener, signal } = options;
  const metrics = options.metrics.length === 0 ? benchmark.spec.metrics : options.metrics;
  const spec = { ...benchmark.spec, metrics };
  const scoring = opener.openScoring(options.spec, { ...benchmark, spec });
  const loaded = await scoring.open();
  const environment = withMetrics(loaded.environment, scoring.metrics);
  try {
    checkMetrics(options.spec, spec, loaded);
    if (environment.dataset.fingerprint !== benchmark.dataset.fingerprint) {
      throw new NelError('data', `${benchmark.name}: the data set is not the one that the run was made on`, {
        hint: 'restore it, or score by metrics that need no data set: --metric',
      });
    }
  } catch (error) {
    await environment.close();
    throw error;
  }
  const { judge: _judge, metrics: _metrics, ...before } = benchmark.identity;
  const identity = {
    ...before,
    definition: loaded.definitionHash,
    scorer: loaded.scorer,
    ...scoringIdentity(options.spec, metrics, loaded.needs),
  };
  return {
    ...common(options, { ...benchmark, spec, definition_hash: loaded.definitionHash, identity }),
    seed: async (record) => {
      const seed = await environment.seed(record.problem_idx, record.repeat, signal);
      // What the journal holds was redacted: so has to be what it is held against.
      if (opener.redactor.redact(seed.prompt) === record.prompt) return seed;
      throw new NelError('data', `${benchmark.name}: problem_idx ${record.problem_idx} is asked otherwise now than when it was answered`, {
        hint: 'run it again, or score by metrics that need no benchmark: --metric',
      });
    },
    verify: (record, seed) => Promise.resolve(environment.verify(seed, record.model?.content ?? '', signal)),
    judgesUp: patience(scoring.judges, options),
    close: () => closeAll(scoring.judges(), environment),
  };
}

/** What the answer was judged to be, and metrics beside it. */
async function openMetrics(options: RescorerOptions): Promise<OpenRescorer> {
  const { benchmark, metrics, reward, opener, signal } = options;
  const replaced = new Set(metrics.map(({ name }) => name));
  // The judge of the benchmark's own scorer makes no metric, whatever it is called: none takes its place.
  const isReplaced = (metric: MetricSpec): boolean => replaced.has(metric.name) && !servesOwnScorer(metric);
  const kept = benchmark.spec.metrics.filter((metric) => !isReplaced(metric));
  const spec = { ...benchmark.spec, metrics: [...kept, ...metrics] };
  checkMetrics(options.spec, { ...spec, metrics }, withoutScorer(benchmark));
  const earlier = isJsonObject(benchmark.identity['metrics']) ? (benchmark.identity['metrics'] as JsonObject) : {};
  const added = scoringIdentity(options.spec, metrics, [])['metrics'] as JsonObject;
  const identity = { ...benchmark.identity, metrics: { ...earlier, ...added } };
  // A judge that is asked anew takes the place of what was asked before.
  const keepsCalls = !benchmark.spec.metrics.some((metric) => isJudgeMetric(metric) && isReplaced(metric));
  const scoring = opener.openScoring(options.spec, { ...benchmark, spec: { ...spec, metrics } });
  return {
    ...common(options, { ...benchmark, spec, identity }),
    seed: seedOf,
    verify: (record, seed) => {
      if (record.status === 'error' && reward === null) return null;
      const answered = { seed, response: record.model?.content ?? '', signal };
      return addMetrics(withoutMetrics(record, replaced, keepsCalls), scoring.metrics as readonly Metric[], answered);
    },
    judgesUp: patience(scoring.judges, options),
    close: () => closeAll(scoring.judges()),
  };
}

function common({ reward, signal }: RescorerOptions, planned: PlannedBenchmark): Pick<OpenRescorer, 'planned' | 'reward' | 'signal'> {
  const identity: JsonObject = reward === null ? planned.identity : { ...planned.identity, scorer: `metric ${reward}` };
  return { planned: { ...planned, identity, config_hash: hashJson(identity) }, reward, signal };
}

/** For metrics alone the benchmark itself, its data set and its scorer, is not opened. */
function withoutScorer({ name }: PlannedBenchmark): Pick<LoadedBenchmark, 'name' | 'needs' | 'environment'> {
  return { name, needs: [], environment: {} as Environment };
}

async function closeAll(judges: readonly Model[], environment?: Environment): Promise<void> {
  await Promise.all([environment?.close(), ...judges.map((judge) => judge.close())]);
}

/** One wait for all samples: asks the judges now and then whether they are up. */
function patience(judges: () => readonly Model[], { signal, log, opener }: RescorerOptions): OpenRescorer['judgesUp'] {
  const probe = async (): Promise<ProbeResult> => {
    const probes = await Promise.all(judges().map((judge) => judge.probe(signal)));
    return probes.find(({ up }) => !up) ?? { up: true };
  };
  const outage = new Outage('the judge', probe, signal, log);
  return (error) => outage.begin(opener.redactor.redact(error.message));
}

/**
 * The sample as it is scored now; one that was never answered stays the error that it was.
 * @throws what no sample is to blame for: an abort, a judge that refuses every call, a config or a benchmark that does not fit
 */
export async function rescoreSample(rescorer: OpenRescorer, stored: SampleRecord, generation: number): Promise<SampleRecord> {
  const { reward, signal } = rescorer;
  const { judge_calls: earlier, ...record } = stored;
  const kept = earlier === undefined ? {} : { judge_calls: earlier };
  if (record.model === null) return { ...record, ...kept, generation };
  const seed = await rescorer.seed(stored);
  try {
    const verified = await verifyPatiently(rescorer, stored, seed);
    if (verified === null) return { ...record, ...kept, generation };
    const value = reward === null ? verified.reward : verified.scoring_details[reward];
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new Error(`there is no number called ${reward ?? 'reward'} in the scores`);
    return {
      ...record,
      generation,
      status: 'scored',
      reward: value,
      expected_answer: seed.expected_answer,
      category: seed.category,
      extracted_answer: verified.extracted_answer,
      scoring_method: reward ?? verified.scoring_method,
      scoring_details: verified.scoring_details,
      failure_category: answerFailure({ ...verified, reward: value }, record.model),
      model_error: null,
      ...(verified.judge_calls === undefined ? {} : { judge_calls: verified.judge_calls }),
    };
  } catch (error) {
    if (signal.aborted || endsBatch(error)) throw error;
    return {
      ...record,
      ...(error instanceof NoVerdictError ? { judge_calls: error.judgeCalls } : {}),
      generation,
      status: 'error',
      reward: 0,
      extracted_answer: null,
      scoring_details: {},
      failure_category: 'verify_error',
      model_error: { category: 'verify_error', message: errorMessage(error), status: null },
    };
  }
}

async function verifyPatiently(rescorer: OpenRescorer, record: SampleRecord, seed: Seed): Promise<Verification | null> {
  for (;;) {
    try {
      return await rescorer.verify(record, seed);
    } catch (error) {
      if (!(error instanceof EndpointDownError)) throw error;
      await rescorer.judgesUp(error);
    }
  }
}

/** What the run had judged, without the scores that are made anew. */
function withoutMetrics(record: SampleRecord, replaced: ReadonlySet<string>, keepsCalls: boolean): Verification {
  const anew = new Set([...replaced].flatMap((name) => [name, `${name}_details`]));
  return {
    reward: record.reward,
    extracted_answer: record.extracted_answer,
    scoring_method: record.scoring_method,
    scoring_details: Object.fromEntries(Object.entries(record.scoring_details).filter(([name]) => !anew.has(name))),
    failure_category: record.failure_category as Verification['failure_category'],
    ...(record.judge_calls === undefined || !keepsCalls ? {} : { judge_calls: record.judge_calls }),
  };
}

function seedOf({ prompt, messages, expected_answer, category, metadata }: SampleRecord): Seed {
  return { prompt, messages, expected_answer, category, metadata };
}
