/** The loop over tools: what the model is told, when it ends, what it costs. */

import { describe, expect, it, vi } from 'vitest';
import { createToolCallingSolver } from '../../../../src/adapters/solvers/tool-calling.js';
import type { Environment, Seed } from '../../../../src/core/environment.js';
import type { JsonObject } from '../../../../src/core/json.js';
import type { GenerationSettings, ModelRequest, ModelResponse, ToolCall } from '../../../../src/core/model.js';
import { reply, sumsEnvironment } from '../../engine/fakes.js';

const seed: Seed = { prompt: 'q', messages: [{ role: 'user', content: 'q' }], expected_answer: '', category: null, metadata: {} };
const tool = { name: 'add', description: 'Adds.', parameters: { type: 'object' } };

type Tool = (name: string, args: JsonObject, signal: AbortSignal) => unknown;

const adds: Tool = (name, args) => {
  if (name !== 'add') throw new Error(`there is no tool ${name}; there are add`);
  return String(Number(args['a']) + Number(args['b']));
};

function call(args: unknown, changes: { id?: string; name?: string } = {}): ToolCall {
  const text = typeof args === 'string' ? args : JSON.stringify(args);
  return { id: changes.id ?? 'c1', type: 'function', function: { name: changes.name ?? 'add', arguments: text } };
}

const wants = (...tool_calls: ToolCall[]): ModelResponse => reply('', { finish_reason: 'tool_calls', tool_calls });

function environment(run: Tool = adds): Environment {
  return sumsEnvironment({ tools: [tool], callTool: (_seed, name, args, signal) => run(name, args, signal) as string });
}

async function solve(
  replies: readonly ModelResponse[],
  options: {
    readonly run?: Tool;
    readonly maxTurns?: number;
    readonly generation?: GenerationSettings;
    readonly signal?: AbortSignal;
  } = {},
) {
  const { run, maxTurns = 5, generation = {}, signal = new AbortController().signal } = options;
  const solver = createToolCallingSolver({
    protocol: 'chat_completions',
    model: 'm',
    generation,
    environment: environment(run),
    maxTurns,
    concurrency: 2,
  });
  const asked: ModelRequest[] = [];
  const generate = async (request: ModelRequest): Promise<ModelResponse> => {
    asked.push(request);
    return replies[Math.min(asked.length, replies.length) - 1] as ModelResponse;
  };
  const solution = await solver.solve(seed, { problemIdx: 0, repeat: 2, request: solver.request(seed, 2), signal, generate });
  return { solution, asked, told: (solution.turns ?? []).filter(({ role }) => role === 'tool').map(({ content }) => content) };
}

describe('a model that calls tools', () => {
  it('is told what they gave, until it answers; the turns and the sum of tokens are kept', async () => {
    const first = wants(call({ a: 1, b: 2 }));
    const { solution, asked } = await solve([first, reply('It is 3.')]);
    const turns = [
      { role: 'assistant', content: '', tool_calls: first.tool_calls },
      { role: 'tool', tool_call_id: 'c1', content: '3' },
    ];
    expect(solution.response).toBe('It is 3.');
    expect(solution.turns).toEqual(turns);
    expect(solution.model?.tokens).toEqual({ prompt: 14, completion: 10, reasoning: null, total: 24 });
    expect(asked[0]?.body).toEqual({ model: 'm', messages: seed.messages, tools: [{ type: 'function', function: tool }] });
    expect(asked[1]?.body['messages']).toEqual([...seed.messages, ...turns]);
  });

  it('may call several in one turn: each is answered in order, under its own id', async () => {
    const { told, solution } = await solve([wants(call({ a: 1, b: 2 }, { id: 'x' }), call({ a: 3, b: 4 }, { id: 'y' })), reply('done')]);
    expect(told).toEqual(['3', '7']);
    expect(solution.turns?.map(({ tool_call_id }) => tool_call_id)).toEqual([undefined, 'x', 'y']);
  });

  it('that answers at once leaves no turns', async () => {
    const { solution, asked } = await solve([reply('3')]);
    expect(solution).toEqual({ response: '3', model: reply('3') });
    expect(asked).toHaveLength(1);
  });

  it('has its seed differ by repeat in every turn', async () => {
    const { asked } = await solve([wants(call({})), reply('x')], { generation: { seed: 40 } });
    expect(asked.map(({ body }) => body['seed'])).toEqual([42, 42]);
  });
});

describe('a call that cannot be carried out is told as an error:', () => {
  it.each<[string, ToolCall, string]>([
    ['an unknown tool', call({}, { name: 'subtract' }), 'error: there is no tool subtract; there are add'],
    ['arguments that are no JSON', call('{"a": 1,'), 'error: the arguments are no JSON: '],
    ['arguments that are no object', call('[1]'), 'error: the arguments are no JSON object'],
  ])('%s', async (_what, wrong, words) => {
    const { told, solution } = await solve([wants(wrong), reply('sorry')]);
    expect(told).toHaveLength(1);
    expect(String(told[0]).startsWith(words)).toBe(true);
    expect(solution.response).toBe('sorry');
  });

  it('a tool that throws', async () => {
    const run: Tool = () => {
      throw new Error('the abacus is broken');
    };
    expect((await solve([wants(call({})), reply('x')], { run })).told).toEqual(['error: the abacus is broken']);
    expect((await solve([wants(call({})), reply('x')], { run: () => Promise.reject(new Error('later')) })).told).toEqual(['error: later']);
  });

  it('a tool that never settles, after five minutes, with its signal aborted', async () => {
    vi.useFakeTimers();
    try {
      let given: AbortSignal | undefined;
      const run: Tool = (_name, _args, signal) => {
        given = signal;
        return new Promise(() => undefined);
      };
      const running = solve([wants(call({})), reply('x')], { run });
      await vi.advanceTimersByTimeAsync(300_000);
      expect((await running).told).toEqual(['error: the tool gave no result within 300 s']);
      expect(given?.aborted).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});

it.each<[string, unknown, string]>([
  ['no arguments', '', 'NaN'],
  ['a number', 5, '5'],
  ['an object', { a: [1] }, '{"a":[1]}'],
  ['nothing', undefined, ''],
])('tells a result of %s as text', async (what, result, text) => {
  const { told } = await solve([wants(call('')), reply('x')], what === 'no arguments' ? {} : { run: () => result });
  expect(told).toEqual([text]);
});

it('shortens a result that is too long, and says so', async () => {
  const { told } = await solve([wants(call({})), reply('x')], { run: () => 'y'.repeat(60_000) });
  expect(String(told[0])).toMatch(/^y{50000}\n\[the rest of 60000 characters is left out\]$/);
});

describe('the limit of turns', () => {
  it('ends a model that never answers: its last call is without tools, and its content is the answer', async () => {
    const { solution, asked } = await solve(
      [wants(call({ a: 1, b: 1 })), wants(call({ a: 2, b: 2 })), reply('enough', { tool_calls: [call({})] })],
      {
        maxTurns: 3,
        generation: { extra_body: { tool_choice: 'auto', parallel_tool_calls: false, top_k: 5 } },
      },
    );
    expect(asked.map(({ body }) => Object.keys(body).filter((name) => name !== 'model' && name !== 'messages'))).toEqual([
      ['tools', 'tool_choice', 'parallel_tool_calls', 'top_k'],
      ['tools', 'tool_choice', 'parallel_tool_calls', 'top_k'],
      ['top_k'],
    ]);
    expect(solution.response).toBe('enough');
    expect(solution.turns).toHaveLength(4);
  });

  it('of one never offers tools', async () => {
    const { asked } = await solve([reply('x')], { maxTurns: 1 });
    expect(asked[0]?.body['tools']).toBeUndefined();
  });
});

it('ends with its batch: an abort is thrown, not told to the model', async () => {
  const abort = new AbortController();
  const run: Tool = () => {
    abort.abort(new Error('cancelled'));
    throw new Error('the tool noticed');
  };
  await expect(solve([wants(call({})), reply('x')], { run, signal: abort.signal })).rejects.toThrow('cancelled');
});

it('counts tokens that some replies leave out', async () => {
  const unknown = { prompt: null, completion: null, reasoning: null, total: null };
  const { solution } = await solve([{ ...wants(call({})), tokens: unknown }, reply('x')]);
  expect(solution.model?.tokens).toEqual({ prompt: 7, completion: 5, reasoning: null, total: 12 });
});

it('is refused for a benchmark without tools', () => {
  const options = { protocol: 'chat_completions', model: 'm', generation: {}, maxTurns: 2, concurrency: 2 } as const;
  expect(() => createToolCallingSolver({ ...options, environment: sumsEnvironment() })).toThrow(/sums declares no tools/);
});

it('works on so many samples at once, each to its end, so that a killed process loses few turns', async () => {
  const options = { protocol: 'chat_completions', model: 'm', generation: {}, environment: environment(), maxTurns: 5 } as const;
  const solver = createToolCallingSolver({ ...options, concurrency: 2 });
  const begun = new Map<number, number>();
  let done = 0;
  let most = 0;
  const sample = async (problemIdx: number): Promise<void> => {
    const generate = async (): Promise<ModelResponse> => {
      begun.set(problemIdx, (begun.get(problemIdx) ?? 0) + 1);
      most = Math.max(most, begun.size - done);
      await new Promise((resolve) => setImmediate(resolve));
      return begun.get(problemIdx) === 3 ? reply('x') : wants(call({}));
    };
    const context = { problemIdx, repeat: 0, request: solver.request(seed, 0), signal: new AbortController().signal, generate };
    if (problemIdx === 1)
      await expect(solver.solve(seed, { ...context, generate: () => Promise.reject(new Error('gone')) })).rejects.toThrow('gone');
    else await solver.solve(seed, context);
    if (problemIdx !== 1) done++;
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map(sample));
  expect({ done, most }).toEqual({ done: 5, most: 2 });
});
