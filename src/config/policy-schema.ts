/** The form of a gate policy, as zod: what policy.ts checks a file against and schemas/gate-policy.schema.json is generated from. */

import { z } from 'zod';
import { DEFAULT_MAX_DROP, DEFAULT_MAX_ERROR_RATE, DEFAULT_MIN_ITEMS, DIRECTIONS, EVIDENCE_RULES, TIERS } from '../core/policy.js';
import type { JsonSchema } from './json-schema.js';

function field<T extends z.ZodType>(schema: T, description: string, fallback?: string | number): z.ZodOptional<T> {
  return schema.optional().meta(fallback === undefined ? { description } : { description, default: fallback });
}

const share = z.number().min(0).max(1);

const evidenceFields = {
  evidence: field(
    z.enum(EVIDENCE_RULES),
    'point: the delta decides, and a result that its 95% interval does not support is a warning. confidence: the whole interval has to lie on one side of the limit, else INSUFFICIENT_EVIDENCE.',
    'point',
  ),
  min_items: field(z.int().min(1), 'Fewest paired items for a status other than INSUFFICIENT_EVIDENCE.', DEFAULT_MIN_ITEMS),
  cluster_by: field(
    z.string().min(1),
    'Field of metadata whose values group items that are not independent, such as category: widens the interval.',
  ),
  max_error_rate: field(
    share,
    'Largest share of a side’s samples that may be errors; above it INSUFFICIENT_EVIDENCE.',
    DEFAULT_MAX_ERROR_RATE,
  ),
  min_coverage: field(share, 'Smallest share of the items of both sides that must be paired; below it INSUFFICIENT_EVIDENCE.', 0),
};

const benchmarkFields = {
  tier: field(z.enum(TIERS), 'critical and supporting block a release; advisory is reported only.', 'supporting'),
  metric: field(
    z.string().min(1),
    'What is compared: mean_reward, pass@k, or a number in scoring_details that is also among the bundle’s scores. Must be given for every listed benchmark that blocks, here or in defaults.',
  ),
  direction: field(z.enum(DIRECTIONS), 'lower_is_better for perplexity or loss: a rise is the damage then.', 'higher_is_better'),
  max_drop: field(
    z.number().min(0),
    'Largest tolerated damage in units of the metric: 0.01 is one point of accuracy. A drop equal to it passes.',
    DEFAULT_MAX_DROP,
  ),
  max_relative_drop: field(
    z.number().min(0),
    'Largest tolerated damage as a share of the baseline’s score: 0.02 is 2%. Without it there is no relative limit.',
  ),
  relative_guard_below: field(share, 'The relative limit holds only where the baseline scores below this. Without it: always.'),
  ...evidenceFields,
};

const entrySchema = z.strictObject(benchmarkFields);

export const policySchema = z
  .strictObject({
    version: z.literal(1).optional().meta({ description: 'Version of this format.', default: 1 }),
    ...evidenceFields,
    defaults: entrySchema.optional().meta({ description: 'What holds for every benchmark that does not say otherwise, listed or not.' }),
    benchmarks: z.record(z.string().min(1), entrySchema.nullable()).optional().meta({
      description:
        'By benchmark.name, case-sensitive. A listed benchmark that a side lacks is MISSING; nothing behind the colon means: the defaults.',
    }),
  })
  .meta({ title: 'nel gate policy', description: 'What `nel gate` holds a candidate to, by benchmark.' });

export type PolicyFile = z.infer<typeof policySchema>;

let made: JsonSchema | undefined;

/** JSON Schema (draft 2020-12) of a policy file. */
export function policyJsonSchema(): JsonSchema {
  made ??= z.toJSONSchema(policySchema, { io: 'input' }) as JsonSchema;
  return made;
}
