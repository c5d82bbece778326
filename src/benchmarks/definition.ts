/** The definition hash: what tells two benchmarks of one name apart, so that a resume or a comparison across them is refused. */

import { createHash } from 'node:crypto';
import type { Benchmark } from '../core/benchmark.js';
import { canonicalJson } from '../core/json.js';

/**
 * `sha256:` over all that makes prompts, targets and scores: templates and few-shot turns, the source text of functions, the
 * scorer's name with its options, and, for a user's file, that file's text. The data set is not in it: it has its fingerprint.
 * @param sourceHash of the user's file (see loadBenchmark), null for a built-in benchmark
 */
export function definitionHash(benchmark: Benchmark, sourceHash: string | null): string {
  const { name, prompt, systemPrompt, fewShot, target, category, scorer, metadataFields, generation } = benchmark;
  const definition = {
    name,
    prompt: textOf(prompt),
    system_prompt: systemPrompt,
    few_shot: fewShot,
    target: textOf(target),
    category: textOf(category),
    scorer: { name: scorer.name, source: sourceOf(scorer) },
    metadata_fields: metadataFields,
    generation,
    source: sourceHash,
  };
  return `sha256:${createHash('sha256').update(canonicalJson(definition)).digest('hex')}`;
}

function textOf(value: string | ((...args: never[]) => unknown) | undefined): { template: string } | { source: string } | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? { template: value } : { source: value.toString() };
}

/** A scorer made from a user's function says that function's text (see defineBenchmark); any other says its method's. */
function sourceOf(scorer: Benchmark['scorer']): string {
  return Object.hasOwn(scorer, 'toString') ? scorer.toString() : scorer.score.toString();
}
