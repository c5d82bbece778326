/** The IFEval scorer: the share of a prompt's verifiable instructions that an answer follows, strictly and loosely. */

import type { Scorer, ScorerInput, ScorerResult, ScoreSummary } from '../../benchmark.js';
import { judged, nothingExtracted } from '../failure.js';
import { checkInstruction, checkInstructionLoose } from './check.js';
import { idealIfevalAnswer } from './ideal.js';
import { instructionCount, instructionsOf } from './instructions.js';
import { isBlank, strip } from './python-text.js';

/**
 * IFEval (Zhou et al. 2023, arXiv:2311.07911) under the rules of EleutherAI's lm-evaluation-harness 0.4.13, task `ifeval`. The
 * instructions stand in the row (`instruction_id_list`, `kwargs`); the target is not looked at. The reward is 1 when all of them
 * are followed strictly, else 0.
 *
 * Numbers in the details, each a metric:
 * - `prompt_level_strict_acc`, `prompt_level_loose_acc`: 1 when all instructions of the prompt are followed, else 0; named as in the harness
 * - `inst_followed_strict`, `inst_followed_loose`, `inst_total`: how many of the prompt's instructions are followed, and how many there are
 * - `inst_share_strict`, `inst_share_loose`: the same as shares, 0 to 1, whose means weigh all prompts alike
 *
 * The harness's `inst_level` accuracies weigh all instructions of the data set alike: they are no means over prompts, and are made of
 * these counts by `ifevalSummary`.
 */
export function ifeval(): Scorer {
  return {
    name: 'ifeval',
    score: scoreIfeval,
    idealAnswer: (_target, row) => idealIfevalAnswer(row),
  };
}

function scoreIfeval({ response, row }: ScorerInput): ScorerResult {
  const instructions = instructionsOf(row).map(({ instructionId, kwargs }) => ({
    id: instructionId,
    strict: checkInstruction({ instructionId, kwargs, response }),
    loose: checkInstructionLoose({ instructionId, kwargs, response }),
  }));
  const total = instructions.length;
  const strict = instructions.filter((instruction) => instruction.strict).length;
  const loose = instructions.filter((instruction) => instruction.loose).length;
  const reward = strict === total ? 1 : 0;
  const details = {
    prompt_level_strict_acc: reward,
    inst_share_strict: strict / total,
    prompt_level_loose_acc: loose === total ? 1 : 0,
    inst_share_loose: loose / total,
    inst_followed_strict: strict,
    inst_followed_loose: loose,
    inst_total: total,
    instructions,
  };
  if (isBlank(response)) return { ...nothingExtracted(response), details };
  return judged(response, { reward, extracted: strip(response), details });
}

/**
 * `inst_level_strict_acc` and `inst_level_loose_acc` as the harness has them: instructions followed over all instructions, of all samples
 * together. None of an error's are followed. Reads `instruction_id_list` in the samples' metadata.
 */
export function ifevalSummary(): ScoreSummary {
  let total = 0;
  let strict = 0;
  let loose = 0;
  const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return {
    add({ scoring_details: details, metadata }) {
      total += instructionCount(metadata);
      strict += count(details['inst_followed_strict']);
      loose += count(details['inst_followed_loose']);
    },
    scores: () => ({
      inst_level_strict_acc: total === 0 ? 0 : strict / total,
      inst_level_loose_acc: total === 0 ? 0 : loose / total,
    }),
  };
}
