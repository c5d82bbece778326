/** The port to a solver: how a seed becomes an answer, by one model call or many. */

import type { Seed } from './environment.js';
import type { ChatMessage, ModelRequest, ModelResponse } from './model.js';

export interface SolveContext {
  readonly problemIdx: number;
  readonly repeat: number;
  /** What `request` gave for this sample. */
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
  /** A model call under the endpoint's limiter, with retries. @throws ModelCallError when it failed for good. */
  generate(request: ModelRequest): Promise<ModelResponse>;
}

export interface Solution {
  /** The answer to verify. */
  readonly response: string;
  /** The (last) model response; null when no model was asked. */
  readonly model: ModelResponse | null;
  /** The turns after the seed's messages, where there were more than the one answer: kept in the trajectory. */
  readonly turns?: readonly ChatMessage[];
}

export interface Solver {
  readonly name: string;
  /** The first request for this sample: known before anything is paid, so that a journaled answer can be recognised. */
  request(seed: Seed, repeat: number): ModelRequest;
  solve(seed: Seed, context: SolveContext): Promise<Solution>;
}
