/** The port to a judge: another model that grades an answer. Its calls are part of the sample's trajectory. */

import type { JsonObject } from './json.js';
import type { ChatMessage } from './model.js';
import type { RecordedResponse } from './sample.js';

export interface JudgeRequest {
  readonly messages: readonly ChatMessage[];
  /** JSON Schema of the reply (structured output); the caller still checks the reply against it. */
  readonly schema?: JsonObject;
  /** Which of several questions of the same text this is: from 0; sampling seeds differ by it. */
  readonly repeat?: number;
  /** How often the same is asked in all. More than once: the judge keeps its own temperature, or all replies would be one. Default 1. */
  readonly repeats?: number;
}

/** One question to a judge and its reply, as trajectories keep them. */
export interface JudgeCall {
  /** Key in the config's `services`. */
  readonly service: string;
  readonly messages: readonly ChatMessage[];
  readonly model: RecordedResponse;
}

export interface Judge {
  /** The judge's model name: scores by another judge are other scores. */
  readonly model: string;
  /** @throws ModelCallError or an abort when no reply could be had */
  ask(request: JudgeRequest, signal: AbortSignal): Promise<JudgeCall>;
}

/** A judge answered, and no reply was a verdict. Holds what was asked until then, for the sample's trajectory. */
export class NoVerdictError extends Error {
  override readonly name = 'NoVerdictError';

  constructor(
    message: string,
    readonly judgeCalls: readonly JudgeCall[],
  ) {
    super(message);
  }
}
