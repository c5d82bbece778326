/** A few samples through the same engine as in a run, without files: what `nel validate` shows. */

import { openSandbox } from '../adapters/sandboxes/open.js';
import { errorMessage, NelError } from '../core/errors.js';
import type { RunSpec } from '../core/spec.js';
import { FREE_RUNTIME } from '../engine/clock.js';
import { prepareSample, runSample, type SampleContext } from '../engine/sample.js';
import { openBenchmark } from './open-benchmark.js';
import { planBenchmarks } from './plan.js';
import { RunOpener } from './run-opener.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface ShownSample {
  readonly prompt: string;
  readonly answer: string | null;
  readonly expected: string;
  readonly extracted: string | null;
  /** Null where the sample could not be scored for a technical reason; `note` says which. */
  readonly reward: number | null;
  readonly note: string | null;
}

/** The first `samples` problems, each answered with its own target. */
export async function* oracleSamples(bench: string, samples: number, env: Env): AsyncGenerator<ShownSample> {
  const { environment } = await openBenchmark({
    ref: bench,
    systemPrompt: null,
    params: {},
    env,
    cwd: process.cwd(),
    checkedProblems: Number.POSITIVE_INFINITY,
    resources: async ({ needs }) => (needs.includes('sandbox') ? { sandbox: await openSandbox({ type: null, env }) } : {}),
  });
  const { signal } = new AbortController();
  try {
    for (let i = 0; i < Math.min(samples, environment.dataset.size); i++) {
      const seed = await environment.seed(i, 0, signal);
      const answer = environment.idealAnswer?.(seed) ?? seed.expected_answer;
      const shown = { prompt: seed.prompt, answer, expected: seed.expected_answer };
      try {
        const { extracted_answer, reward, failure_category } = await environment.verify(seed, answer, signal);
        yield { ...shown, extracted: extracted_answer, reward, note: failure_category };
      } catch (error) {
        yield { ...shown, extracted: null, reward: null, note: errorMessage(error) };
      }
    }
  } finally {
    await environment.close();
  }
}

/** Every sample of the spec's one benchmark, asked one after the other. @throws NelError when no call can succeed */
export async function* modelSamples(spec: RunSpec, env: Env): AsyncGenerator<ShownSample> {
  const [planned] = await planBenchmarks(spec, env);
  if (planned === undefined) throw new NelError('usage', 'no benchmark was named', { hint: 'give one with --bench' });
  const opener = new RunOpener(env);
  const open = await opener.openPlanned(spec.output.dir, spec, planned);
  const context: SampleContext = {
    ...open,
    runId: 'validate',
    benchmark: planned.name,
    generation: 0,
    runtime: FREE_RUNTIME,
  };
  const signals = { stop: new AbortController().signal, abort: new AbortController().signal };
  try {
    for (let i = 0; i < planned.n_problems; i++) {
      const prepared = await prepareSample(context, { problem_idx: i, repeat: 0 }, signals.abort);
      try {
        const record = await runSample(context, prepared, signals);
        const answer = record.model?.content ?? null;
        const note = record.model_error?.message ?? record.failure_category;
        const reward = record.status === 'scored' ? record.reward : null;
        yield {
          prompt: record.prompt,
          answer,
          expected: record.expected_answer,
          extracted: record.extracted_answer,
          reward,
          note: note === null ? null : opener.redactor.redact(note),
        };
      } catch (error) {
        throw new NelError('run', opener.redactor.redact(errorMessage(error)));
      }
    }
  } finally {
    await open.model.close();
    await open.environment.close();
  }
}
