/** The evaluator's own protocol: `{idx}` gives a problem, `{response, expected, metadata}` a verdict. Bodies in, replies out. */

import type { Seed, Verification } from '../core/environment.js';
import { type Body, metadataOf } from './bodies.js';
import { PROBLEM_UUID, type Service, uuidOf } from './service.js';

/**
 * Reply of /seed_session. `messages` is the whole conversation, system message included; `system` names its text for those who want it.
 * The metadata say which problem it is: sent back with an answer they are enough to judge it as a local run does. Those that have a member
 * of that name already are left as they are.
 */
export function plainSeedReply({ name }: Service, index: number, seed: Seed): Record<string, unknown> {
  const { prompt, messages, expected_answer, category } = seed;
  const named = Object.hasOwn(seed.metadata, PROBLEM_UUID);
  const metadata = named ? seed.metadata : { ...seed.metadata, [PROBLEM_UUID]: uuidOf(name, index) };
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
