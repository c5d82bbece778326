/** The simple solver: one model call, its content is the answer. */

import type { Seed } from '../../core/environment.js';
import { buildRequest, type GenerationSettings, type ModelRequest, type Protocol } from '../../core/model.js';
import type { Solution, SolveContext, Solver } from '../../core/solver.js';

export function createSimpleSolver(options: {
  readonly protocol: Protocol;
  readonly model: string;
  readonly generation: GenerationSettings;
}): Solver {
  const request = (seed: Seed, repeat: number): ModelRequest =>
    buildRequest({ ...options, messages: seed.messages, prompt: seed.prompt, repeat });
  return {
    name: 'simple',
    request,
    async solve(_seed: Seed, context: SolveContext): Promise<Solution> {
      const model = await context.generate(context.request);
      return { response: model.content, model };
    },
  };
}
