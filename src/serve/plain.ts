/** The evaluator's own protocol: `{idx}` gives a problem, `{response, expected, metadata}` a verdict. Bodies in, replies out. */

import type { Seed, Verification } from '../core/environment.js';
import { type Body, metadataOf } from './bodies.js';
import type { Service } from './service.js';

/** Reply of /seed_session. `messages` is the whole conversation, system message included; `system` names its text for those who want it. */
export function plainSeedReply({ prompt, messages, expected_answer, category, metadata }: Seed): Record<string, unknown> {
  const first = messages[0];
  const system = first?.role === 'system' && typeof first.content === 'string' ? first.content : null;
  return { prompt, messages, system, expected_answer, category, metadata, sandbox_spec: null };
}

/** Reply of /verify. Members beyond the documented ones are ours: with them a remote run's files say what a local run's say. */
export function plainVerifyReply(body: Body, verification: Verification): Record<string, unknown> {
  return { ...verification, metadata: metadataOf(body) };
}

/** Reply of /dataset_size: beside the size, what tells this data set and scorer from others. */
export function datasetReply({ name, size, environment, benchmark }: Service): Record<string, unknown> {
  const { fingerprint, revision, size: datasetSize } = environment.dataset;
  return {
    size,
    name,
    description: benchmark.description,
    dataset_size: datasetSize,
    fingerprint,
    revision,
    scorer: benchmark.scorer,
    definition_hash: benchmark.definitionHash,
    generation: benchmark.generation,
    ...(environment.asksJudge ? { asks_judge: true } : {}),
    ...(environment.tools === undefined ? {} : { tools: environment.tools.map((tool) => tool.name) }),
  };
}
