/** The work of `nel validate`: samples go through the same engine as in a run, one after the other, without files. */

import { resolveRunSpec } from '../config/resolve.js';
import { checkSecrets } from '../config/secrets.js';
import { NelError } from '../core/errors.js';
import type { RunSpec } from '../core/spec.js';
import { modelSamples, oracleSamples, type ShownSample } from '../workers/validate.js';
import { EXIT } from './exit-codes.js';
import { printable } from './printable.js';
import type { ValidateOptions } from './validate.js';

/** @returns 0 when at least one sample could be scored, else 4 */
export async function validate(options: ValidateOptions): Promise<number> {
  const { env } = process;
  const withModel = options.modelUrl !== undefined || Boolean(env['NEMO_MODEL_URL']);
  const samples = withModel ? modelSamples(modelSpec(options), env) : oracleSamples(options.bench, options.samples, env);
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

function modelSpec({ bench, samples, modelUrl, modelId, apiKeyEnv }: ValidateOptions): RunSpec {
  const flags = { bench: [bench], maxProblems: samples, modelUrl, modelId, apiKeyEnv, maxRetries: 2 };
  const { spec } = resolveRunSpec({ flags, env: process.env, cwd: process.cwd() });
  checkSecrets(spec, process.env);
  return spec;
}

function print(index: number, { prompt, answer, expected, extracted, reward, note }: ShownSample): void {
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
