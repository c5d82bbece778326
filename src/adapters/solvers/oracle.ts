/** The oracle solver: answers what earns full credit. A self-test of data set, target and scorer: every sample has to score 1.0. */

import type { Environment } from '../../core/environment.js';
import type { Solver } from '../../core/solver.js';

export function createOracleSolver(environment: Environment): Solver {
  return {
    name: 'oracle',
    request: (seed) => ({ protocol: 'chat_completions', body: { model: 'oracle', messages: [], expected_answer: seed.expected_answer } }),
    async solve(seed) {
      const content = environment.idealAnswer?.(seed) ?? seed.expected_answer;
      return {
        response: content,
        model: {
          content,
          reasoning_content: null,
          model: 'oracle',
          finish_reason: 'stop',
          tokens: { prompt: null, completion: null, reasoning: null, total: null },
        },
      };
    },
  };
}
