/** The work of `nel validate`: samples go through the same engine as in a run, one after the other, without files. */

import { setTimeout as delay } from 'node:timers/promises';
import { resolveRunSpec } from '../config/resolve.js';
import { checkSecrets } from '../config/secrets.js';
import { errorMessage, NelError } from '../core/errors.js';
import { prepareSample, runSample, type SampleContext } from '../engine/sample.js';
import { openBenchmark, planBenchmarks, RunOpener } from '../workers/compose.js';
import { EXIT } from './exit-codes.js';
import { printable } from './printable.js';
import type { ValidateOptions } from './validate.js';

interface Shown {
  readonly prompt: string;
  readonly answer: string | null;
  readonly expected: string;
  readonly extracted: string | null;
  readonly reward: number | null;
  readonly note: string | null;
}

/** @returns 0 when at least one sample could be scored, else 4 */
export async function validate(options: ValidateOptions): Promise<number> {
  const { env } = process;
  const withModel = options.modelUrl !== undefined || Boolean(env['NEMO_MODEL_URL']);
  const samples = withModel ? modelSamples(options) : oracleSamples(options);
  let scored = 0;
  let seen = 0;
  let credit = 0;
  for await (const sample of samples) {
    print(seen++, sample);
    if (sample.reward === null) continue;
    scored++;
    credit += sample.reward;
  }
  const source = withModel ? 'the model' : 'the targets (no --model-url)';
  process.stdout.write(
    `${scored} of ${seen} samples scored; mean reward ${scored === 0 ? 'none' : (credit / scored).toFixed(4)}; answers from ${source}\n`,
  );
  if (scored === 0)
    throw new NelError('run', `${options.bench}: no sample could be scored`, { hint: 'the reasons stand with the samples above' });
  return EXIT.OK;
}

async function* oracleSamples({ bench, samples }: ValidateOptions): AsyncGenerator<Shown> {
  const { environment } = await openBenchmark(bench, null, process.env, process.cwd());
  const { signal } = new AbortController();
  for (let i = 0; i < Math.min(samples, environment.dataset.size); i++) {
    const seed = await environment.seed(i, 0, signal);
    const shown = { prompt: seed.prompt, answer: seed.expected_answer, expected: seed.expected_answer };
    try {
      const { extracted_answer, reward, failure_category } = await environment.verify(seed, seed.expected_answer, signal);
      yield { ...shown, extracted: extracted_answer, reward, note: failure_category };
    } catch (error) {
      yield { ...shown, extracted: null, reward: null, note: errorMessage(error) };
    }
  }
}

async function* modelSamples({ bench, samples, modelUrl, modelId, apiKeyEnv }: ValidateOptions): AsyncGenerator<Shown> {
  const { spec } = resolveRunSpec({
    flags: { bench: [bench], maxProblems: samples, modelUrl, modelId, apiKeyEnv, maxRetries: 2 },
    env: process.env,
    cwd: process.cwd(),
  });
  checkSecrets(spec, process.env);
  const [planned] = await planBenchmarks(spec, process.env);
  if (planned === undefined) throw new NelError('usage', 'no benchmark was named', { hint: 'give one with --bench' });
  const opener = new RunOpener(process.env);
  const open = await opener.openPlanned(spec.output.dir, spec, planned);
  const context: SampleContext = {
    ...open,
    runId: 'validate',
    benchmark: planned.name,
    generation: 0,
    runtime: {
      now: Date.now,
      random: Math.random,
      sleep: async (ms, signal) => void (await delay(ms, undefined, { signal })),
      beforeCall: () => undefined,
    },
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

function print(index: number, { prompt, answer, expected, extracted, reward, note }: Shown): void {
  const indent = (text: string): string => printable(text).replaceAll('\n', '\n    ');
  const lines = [
    `--- ${index}`,
    `  prompt\n    ${indent(prompt)}`,
    `  answer\n    ${answer === null ? 'none' : indent(answer)}`,
    `  expected   ${indent(expected)}`,
    `  extracted  ${extracted === null ? 'nothing' : indent(extracted)}`,
    `  reward     ${reward === null ? 'none (error)' : reward}${note === null ? '' : `  (${printable(note)})`}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
