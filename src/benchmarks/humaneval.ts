/** The built-in benchmark humaneval: 164 Python functions to complete, judged by running their tests in a sandbox. */

import type { Benchmark } from '../core/benchmark.js';
import { humanEval } from '../core/scoring/humaneval.js';
import { fieldText } from '../core/template.js';
import { defineParametrized } from './define.js';

const REVISION = '7dce6050a7d6d172f3cc5c32aa97f52fa1a2e544';

/**
 * Paper: Chen et al. 2021, Evaluating Large Language Models Trained on Code, arXiv:2107.03374.
 * Data: openai/openai_humaneval, split `test` (MIT), or HumanEval.jsonl.gz of OpenAI's human-eval.
 * Rule: all tests of the problem pass within the limits (src/core/scoring/humaneval.ts); pass@k by the paper's unbiased estimator
 * with `repeats`. Needs a sandbox.
 * Prompt: `instruct` asks a chat model for the whole function in our words; `complete` sends the bare prompt, as the paper does, for the
 * completions protocol.
 */
export const humanevalBenchmark: Benchmark = defineParametrized(
  { style: { type: 'choice', default: 'instruct', choices: ['instruct', 'complete'], description: 'how the function is asked for' } },
  ({ style }) => ({
    name: 'humaneval',
    description: 'Python functions (164), tests run in a sandbox',
    dataset: `hf://openai/openai_humaneval?split=test&revision=${REVISION}`,
    localPath: 'humaneval/HumanEval.jsonl.gz',
    requiredFields: ['task_id', 'prompt', 'canonical_solution', 'test', 'entry_point'],
    prompt: (row) =>
      style === 'complete'
        ? fieldText(row, 'prompt')
        : 'Write the Python function below to the end. Answer with one fenced code block that holds the whole function and its imports.\n\n' +
          `\`\`\`python\n${fieldText(row, 'prompt')}\`\`\``,
    targetField: 'canonical_solution',
    metadataFields: ['task_id', 'entry_point'],
    scorer: humanEval(),
    about: {
      paper: 'Chen et al. 2021, arXiv:2107.03374',
      licence: 'MIT',
      rule: "the problem's tests pass in a sandbox; pass@k by the paper's estimator",
      target: 'field canonical_solution; what counts is the field test',
      sample: {
        task_id: 'HumanEval/0',
        prompt: 'def double(x: int) -> int:\n    """ Return twice x. """\n',
        canonical_solution: '    return 2 * x\n',
        test: 'def check(candidate):\n    assert candidate(2) == 4\n',
        entry_point: 'double',
      },
    },
    ...(style === 'complete' ? { generation: { stop: ['\nclass', '\ndef', '\n#', '\nif'] } } : {}),
  }),
);
