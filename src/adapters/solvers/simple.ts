/** The simple solver: one model call, its content is the answer. */

import type { Seed } from '../../core/environment.js';
import { NelError } from '../../core/errors.js';
import { buildRequest, type ChatMessage, type GenerationSettings, type ModelRequest, type Protocol } from '../../core/model.js';
import type { Solution, SolveContext, Solver } from '../../core/solver.js';

function hasImage({ content }: ChatMessage): boolean {
  return typeof content !== 'string' && content.some(({ type }) => type === 'image_url');
}

export function createSimpleSolver(options: {
  readonly protocol: Protocol;
  readonly model: string;
  readonly generation: GenerationSettings;
}): Solver {
  const request = (seed: Seed, repeat: number): ModelRequest => {
    if (options.protocol === 'completions' && seed.messages.some(hasImage)) {
      throw new NelError('config', 'the problem has images, which the completions protocol cannot carry', {
        hint: 'Use an endpoint with protocol: chat_completions.',
      });
    }
    return buildRequest({ ...options, messages: seed.messages, prompt: seed.prompt, repeat });
  };
  return {
    name: 'simple',
    request,
    async solve(_seed: Seed, context: SolveContext): Promise<Solution> {
      const model = await context.generate(context.request);
      return { response: model.content, model };
    },
  };
}
