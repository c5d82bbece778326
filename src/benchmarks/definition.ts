/** The definition hash: what tells two benchmarks of one name apart, so that a resume or a comparison across them is refused. */

import { createHash } from 'node:crypto';
import type { Benchmark, FewShotSource } from '../core/benchmark.js';
import { canonicalJson } from '../core/json.js';

/**
 * `sha256:` over all that makes prompts, targets and scores: templates and few-shot turns, the source text of functions, the
 * scorer's name with its options, and, for a user's file, that file's text. The data set is not in it: it has its fingerprint.
 * @param sourceHash of the user's file (see loadBenchmark), null for a built-in benchmark
 * @param examples fingerprint of the few-shot rows, null where there are none
 */
export function definitionHash(benchmark: Benchmark, sourceHash: string | null, examples: string | null = null): string {
  const { name, prompt, systemPrompt, fewShot, target, category, scorer, metadataFields, generation, tools, parameterValues } = benchmark;
  const definition = {
    name,
    prompt: textOf(prompt),
    system_prompt: systemPrompt,
    few_shot: fewShot !== undefined && 'dataset' in fewShot ? fewShotOf(fewShot, examples) : fewShot,
    target: textOf(target),
    category: textOf(category),
    scorer: { name: scorer.name, source: sourceOf(scorer), settings: scorer.settings },
    metadata_fields: metadataFields,
    generation,
    parameters: parameterValues,
    tools: tools?.map((tool) => ({ ...tool, run: tool.run.toString() })),
    source: sourceHash,
  };
  return `sha256:${createHash('sha256').update(canonicalJson(definition)).digest('hex')}`;
}

function fewShotOf({ count, eligible, turns }: FewShotSource, examples: string | null): object {
  return { count, eligible: textOf(eligible), turns: textOf(turns), examples };
}

function textOf(value: string | ((...args: never[]) => unknown) | undefined): { template: string } | { source: string } | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? { template: value } : { source: value.toString() };
}

/** A scorer made from a user's function says that function's text (see defineBenchmark); any other says its method's. */
function sourceOf(scorer: Benchmark['scorer']): string {
  return Object.hasOwn(scorer, 'toString') ? scorer.toString() : scorer.score.toString();
}
