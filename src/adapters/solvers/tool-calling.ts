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
  /**
   * Most samples that are worked on at once: as many as calls may be in flight. Without it all samples of a batch would go on turn by turn
   * side by side, and a killed process would lose the turns of all of them.
   */
  readonly concurrency: number;
}

/** Characters of a tool's result that the model is told. */
const RESULT_LIMIT = 50_000;
/** Longest that one call of a tool may take: one that never settles must not hold the run. */
const TOOL_LIMIT_MS = 300_000;
/** Members of a request that endpoints refuse without tools. */
const TOOL_SETTINGS = new Set(['tools', 'tool_choice', 'parallel_tool_calls']);

/** @throws NelError of kind `config` when the benchmark declares no tools */
export function createToolCallingSolver(options: ToolCallingOptions): Solver {
  const { environment, maxTurns, concurrency } = options;
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
    const given = Object.entries(options.generation.extra_body ?? {}).filter(([name]) => withTools || !TOOL_SETTINGS.has(name));
    const extra_body: JsonObject = { ...(withTools ? { tools: declared } : {}), ...Object.fromEntries(given) };
    return buildRequest({ ...options, generation: { ...options.generation, extra_body }, messages, prompt: '', repeat });
  };
  const places = new Places(concurrency);
  const loop = async (seed: Seed, context: SolveContext): Promise<Solution> => {
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
  };
  return {
    name: 'tool_calling',
    request: (seed, repeat) => request(seed.messages, repeat, maxTurns > 1),
    async solve(seed, context) {
      await places.take();
      try {
        return await loop(seed, context);
      } finally {
        places.leave();
      }
    },
  };
}

/** Places for so many at once, first come first served. */
class Places {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => void this.waiting.push(resolve));
  }

  /** Hands the place to whoever has waited longest. */
  leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free++;
  }
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
    const args = parseArguments(call.function.arguments);
    const result: unknown = await withinLimit(signal, (own) => environment.callTool?.(seed, call.function.name, args, own));
    content = resultText(result);
  } catch (error) {
    signal.throwIfAborted();
    content = `error: ${errorMessage(error)}`;
  }
  return { role: 'tool', tool_call_id: call.id, content: shortened(content) };
}

/** Tools of users' files need not be TypeScript: a result that is no text is told as JSON. */
function resultText(result: unknown): string {
  return typeof result === 'string' ? result : (JSON.stringify(result) ?? '');
}

function shortened(text: string): string {
  return text.length <= RESULT_LIMIT ? text : `${text.slice(0, RESULT_LIMIT)}\n[the rest of ${text.length} characters is left out]`;
}

/** @param work is given a signal that ends with `signal` and with the limit */
async function withinLimit<T>(signal: AbortSignal, work: (own: AbortSignal) => T | Promise<T>): Promise<T> {
  const own = new AbortController();
  const onAbort = (): void => own.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => own.abort(new Error(`the tool gave no result within ${TOOL_LIMIT_MS / 1000} s`)), TOOL_LIMIT_MS);
  const ended = new Promise<never>((_, reject) => own.signal.addEventListener('abort', () => reject(own.signal.reason), { once: true }));
  // A tool that throws at once leaves nobody to hear of it.
  ended.catch(() => undefined);
  try {
    return await Promise.race([work(own.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
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
