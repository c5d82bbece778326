/** The IFEval scorer: the share of a prompt's verifiable instructions that an answer follows, strictly and loosely. */

import type { Scorer, ScorerInput, ScorerResult } from '../../benchmark.js';
import { isRefusal, nothingExtracted } from '../failure.js';
import { checkInstruction, checkInstructionLoose } from './check.js';
import { idealIfevalAnswer } from './ideal.js';
import { instructionsOf } from './instructions.js';
import { isBlank, strip } from './python-text.js';

/**
 * IFEval (Zhou et al. 2023, arXiv:2311.07911) under the rules of EleutherAI's lm-evaluation-harness 0.4.13, task `ifeval`. The
 * instructions stand in the row (`instruction_id_list`, `kwargs`); the target is not looked at. The reward is 1 when all of them
 * are followed strictly, else 0.
 *
 * Numbers in the details, each a metric, named as the harness names them:
 * - `prompt_level_strict_acc`, `prompt_level_loose_acc`: 1 when all instructions of the prompt are followed, else 0
 * - `inst_level_strict_acc`, `inst_level_loose_acc`: the share of the prompt's instructions that are followed, 0 to 1
 * - `inst_followed_strict`, `inst_followed_loose`, `inst_total`: the same as counts
 *
 * The harness's `inst_level` accuracies weigh all instructions of the data set alike, the means of ours all prompts. Its number is
 * the mean of `inst_followed_strict` (or `_loose`) divided by the mean of `inst_total`.
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
    inst_level_strict_acc: strict / total,
    prompt_level_loose_acc: loose === total ? 1 : 0,
    inst_level_loose_acc: loose / total,
    inst_followed_strict: strict,
    inst_followed_loose: loose,
    inst_total: total,
    instructions,
  };
  if (isBlank(response) || (reward === 0 && isRefusal(response))) return { ...nothingExtracted(response), details };
  return { reward, extracted: strip(response), details };
}
