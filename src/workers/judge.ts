/** The judge port over a service of the run: one question is one model call with the retries and the limiter of its endpoint. */

import type { Judge, JudgeCall, JudgeRequest } from '../core/judge.js';
import { buildRequest, type GenerationSettings, type Model, ModelCallError, type ModelRequest, type ModelResponse } from '../core/model.js';
import type { ServiceSpec } from '../core/spec.js';
import { type CallTally, callWithRetries, DEFAULT_DELAYS } from '../engine/call.js';
import { FREE_RUNTIME } from '../engine/clock.js';
import type { Endpoint } from '../engine/endpoint.js';
import { hashJson, sha256 } from '../engine/hash.js';

export interface ServiceJudgeOptions {
  /** Key in the config's `services`. */
  readonly name: string;
  readonly service: ServiceSpec;
  readonly model: Model;
  readonly endpoint: Endpoint;
}

/** One grade repeats only when nothing is left to chance; what the config says wins. */
const STEADY: GenerationSettings = { temperature: 0 };

/**
 * Statuses with which endpoints refuse a reply format that they do not know. A refusal of the plain question as well is a refusal for
 * good.
 */
const FORMAT_REFUSED = new Set([400, 422, 501]);

/** `ask` throws a ModelCallError when no reply could be had, an EndpointDownError when nothing answers at the judge's endpoint. */
export function createServiceJudge({ name, service, model, endpoint }: ServiceJudgeOptions): Judge {
  /** False once the endpoint has refused a reply format: the prompt asks for JSON in words as well. */
  let takesSchema = true;
  // A model of its own to the endpoint: its refusals are remembered by model, and that of a format must not stop the plain questions.
  const structured: Model = {
    endpoint: model.endpoint,
    call: (request, signal) => model.call(request, signal),
    probe: (signal) => model.probe(signal),
    close: () => model.close(),
  };
  const policy = { maxRetries: service.max_retries, ...DEFAULT_DELAYS };
  return {
    model: service.model,
    async ask(request, signal): Promise<JudgeCall> {
      const tally: CallTally = { attempts: 0, latencyMs: 0 };
      const send = (sent: ModelRequest, asked: Model): Promise<ModelResponse> =>
        callWithRetries({ model: asked, endpoint, policy, runtime: FREE_RUNTIME, signals: { stop: signal, abort: signal } }, sent, tally);
      let sent = judgeRequest(service, request, takesSchema);
      let response: ModelResponse;
      if (request.schema === undefined || !takesSchema) response = await send(sent, model);
      else {
        try {
          response = await send(sent, structured);
        } catch (error) {
          if (!refusesFormat(error)) throw error;
          sent = judgeRequest(service, request, false);
          response = await send(sent, model);
          takesSchema = false;
        }
      }
      return {
        service: name,
        messages: request.messages,
        model: {
          content: response.content,
          reasoning_content: response.reasoning_content,
          model: response.model,
          finish_reason: response.finish_reason,
          tokens: response.tokens,
          latency_ms: Math.round(tally.latencyMs * 1000) / 1000,
          request_hash: hashJson(sent),
          response_hash: sha256(response.content),
        },
      };
    },
  };
}

function refusesFormat(error: unknown): boolean {
  return error instanceof ModelCallError && error.disposition === 'stop_run' && FORMAT_REFUSED.has(error.status ?? 0);
}

function judgeRequest(service: ServiceSpec, request: JudgeRequest, withSchema: boolean): ModelRequest {
  const steady = (request.repeats ?? 1) > 1 ? {} : STEADY;
  const { extra_body, ...generation } = { ...steady, ...service.generation };
  const format =
    withSchema && request.schema !== undefined
      ? { response_format: { type: 'json_schema', json_schema: { name: 'judgement', strict: true, schema: request.schema } } }
      : {};
  return buildRequest({
    protocol: service.protocol,
    model: service.model,
    messages: request.messages,
    prompt: request.messages.map(({ content }) => (typeof content === 'string' ? content : '')).join('\n\n'),
    generation: { ...generation, extra_body: { ...format, ...extra_body } },
    repeat: request.repeat ?? 0,
  });
}
