/** The built-in benchmark ifeval: 541 prompts with instructions that a program can check. */

import type { Benchmark, Row } from '../core/benchmark.js';
import { ifeval, ifevalSummary } from '../core/scoring/ifeval/scorer.js';
import { defineBenchmark } from './define.js';

const REVISION = '966cd89545d6b6acfd7638bc708b98261ca58e84';

/**
 * Paper: Zhou et al. 2023, Instruction-Following Evaluation for Large Language Models, arXiv:2311.07911.
 * Data: google/IFEval (Apache-2.0). The target lists the instructions of the prompt.
 * Rule: the authors' 25 checks, strict and loose, as lm-evaluation-harness runs them (src/core/scoring/ifeval). The reward is the strict
 * accuracy by prompt; the harness's other three accuracies stand beside it under its names.
 * Prompt: the data set's, as it is.
 */
export const ifevalBenchmark: Benchmark = defineBenchmark({
  name: 'ifeval',
  description: 'Verifiable instructions (541), strict and loose accuracy',
  dataset: `hf://google/IFEval/ifeval_input_data.jsonl?revision=${REVISION}`,
  localPath: 'ifeval/ifeval_input_data.jsonl',
  requiredFields: ['prompt', 'instruction_id_list', 'kwargs'],
  prompt: (row: Row) => String(row['prompt']),
  targetField: 'instruction_id_list',
  metadataFields: ['key', 'instruction_id_list', 'kwargs'],
  scorer: ifeval(),
  createSummary: ifevalSummary,
  about: {
    paper: 'Zhou et al. 2023, arXiv:2311.07911',
    licence: 'Apache-2.0',
    rule: "the authors' 25 checks, strict (reward) and loose (as lm-evaluation-harness)",
    target: "names of the prompt's instructions",
    sample: {
      key: 1,
      prompt: 'Describe a lighthouse without any commas.',
      instruction_id_list: ['punctuation:no_comma'],
      kwargs: [{}],
    },
  },
});
