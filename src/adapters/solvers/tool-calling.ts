/** The tool-calling solver: asks, carries out the tools that the model asks for, tells it the results, and so on until it answers. */

import type { Environment, Seed } from '../../core/environment.js';
import { errorMessage, NelError } from '../../core/errors.js';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.js';
import {
  buildRequest,
  type ChatMessage,
  type GenerationSettings,
  type ModelRequest,
  type ModelResponse,
  type Protocol,
  type TokenCounts,
  type ToolCall,
} from '../../core/model.js';
import type { Solution, SolveContext, Solver } from '../../core/solver.js';

export interface ToolCallingOptions {
  readonly protocol: Protocol;
  readonly model: string;
  readonly generation: GenerationSettings;
  readonly environment: Environment;
  /** Most model calls a sample; the last one gets no tools, so that an answer comes. */
  readonly maxTurns: number;
}

/** Characters of a tool's result that the model is told. */
const RESULT_LIMIT = 50_000;

/** @throws NelError of kind `config` when the benchmark declares no tools */
export function createToolCallingSolver(options: ToolCallingOptions): Solver {
  const { environment, maxTurns } = options;
  const { tools } = environment;
  if (tools === undefined || tools.length === 0 || environment.callTool === undefined) {
    throw new NelError('config', `${environment.name} declares no tools`, {
      hint: 'Use the solver simple, or give the benchmark `tools`.',
    });
  }
  const declared = tools.map(
    ({ name, description, parameters }): JsonObject => ({ type: 'function', function: { name, description, parameters } }),
  );
  const request = (messages: readonly ChatMessage[], repeat: number, withTools: boolean): ModelRequest => {
    const extra_body = { ...(withTools ? { tools: declared } : {}), ...options.generation.extra_body };
    return buildRequest({ ...options, generation: { ...options.generation, extra_body }, messages, prompt: '', repeat });
  };
  return {
    name: 'tool_calling',
    request: (seed, repeat) => request(seed.messages, repeat, maxTurns > 1),
    async solve(seed, context) {
      const turns: ChatMessage[] = [];
      let spent: TokenCounts | null = null;
      for (let turn = 1; ; turn++) {
        const asked = turn === 1 ? context.request : request([...seed.messages, ...turns], context.repeat, turn < maxTurns);
        const response = await context.generate(asked);
        spent = addTokens(spent, response.tokens);
        const calls = turn < maxTurns ? (response.tool_calls ?? []) : [];
        if (calls.length === 0) return solution(response, spent, turns);
        turns.push({ role: 'assistant', content: response.content, tool_calls: calls });
        for (const call of calls) turns.push(await answerCall(environment, seed, call, context));
      }
    },
  };
}

function solution(response: ModelResponse, tokens: TokenCounts, turns: readonly ChatMessage[]): Solution {
  const model = { ...response, tokens };
  return turns.length === 0 ? { response: model.content, model } : { response: model.content, model, turns };
}

/** What a call came to, told to the model; a call that cannot be carried out is told why: models mend their calls. */
async function answerCall(environment: Environment, seed: Seed, call: ToolCall, { signal }: SolveContext): Promise<ChatMessage> {
  signal.throwIfAborted();
  let content: string;
  try {
    const result = await environment.callTool?.(seed, call.function.name, parseArguments(call.function.arguments), signal);
    content = String(result ?? '').slice(0, RESULT_LIMIT);
  } catch (error) {
    signal.throwIfAborted();
    content = `error: ${errorMessage(error)}`;
  }
  return { role: 'tool', tool_call_id: call.id, content };
}

function parseArguments(text: string): JsonObject {
  let value: Json;
  try {
    value = text.trim() === '' ? {} : (JSON.parse(text) as Json);
  } catch (error) {
    throw new Error(`the arguments are no JSON: ${errorMessage(error)}`);
  }
  if (!isJsonObject(value)) throw new Error('the arguments are no JSON object');
  return value;
}

/** What all calls of a sample cost; a count that no reply gave stays unknown. */
function addTokens(a: TokenCounts | null, b: TokenCounts): TokenCounts {
  if (a === null) return b;
  const add = (x: number | null, y: number | null): number | null => (x === null && y === null ? null : (x ?? 0) + (y ?? 0));
  return {
    prompt: add(a.prompt, b.prompt),
    completion: add(a.completion, b.completion),
    reasoning: add(a.reasoning, b.reasoning),
    total: add(a.total, b.total),
  };
}
