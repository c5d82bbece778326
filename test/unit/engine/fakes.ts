/** A world for the engine without clock, network or chance: time passes only when told to. */

import { setMaxListeners } from 'node:events';
import type { Environment } from '../../../src/core/environment.js';
import {
  type Disposition,
  type Model,
  ModelCallError,
  type ModelRequest,
  type ModelResponse,
  type ProbeResult,
} from '../../../src/core/model.js';
import type { Solver } from '../../../src/core/solver.js';
import type { CallRuntime } from '../../../src/engine/call.js';
import { Endpoint } from '../../../src/engine/endpoint.js';
import type { SampleContext } from '../../../src/engine/sample.js';

// Whole batches listen to one signal here, as they do in a worker.
setMaxListeners(0);

export function reply(content = 'It is 4.', changes: Partial<ModelResponse> = {}): ModelResponse {
  return {
    content,
    reasoning_content: null,
    model: 'm',
    finish_reason: 'stop',
    tokens: { prompt: 7, completion: 5, reasoning: null, total: 12 },
    ...changes,
  };
}

export function callError(
  category: ConstructorParameters<typeof ModelCallError>[1]['category'],
  disposition: Disposition = 'retry',
  retryAfterMs: number | null = null,
): ModelCallError {
  return new ModelCallError(`the endpoint said ${category}`, { category, disposition, retryAfterMs });
}

/** Answers by script: each call is handed to `answer` with its number, from 1. */
export class FakeModel implements Model {
  readonly endpoint = 'http://fake/v1';
  readonly requests: ModelRequest[] = [];
  probes = 0;
  probeResult: ProbeResult | Promise<ProbeResult> = { up: true };

  constructor(
    private readonly answer: (call: number, request: ModelRequest, signal: AbortSignal) => ModelResponse | Promise<ModelResponse>,
  ) {}

  async call(request: ModelRequest, signal: AbortSignal): Promise<ModelResponse> {
    this.requests.push(request);
    return this.answer(this.requests.length, request, signal);
  }

  async probe(): Promise<ProbeResult> {
    this.probes++;
    return this.probeResult;
  }

  async close(): Promise<void> {}
}

/** Time that only `sleep` and `pass` move; sleeps end at once. */
export class FakeRuntime implements CallRuntime {
  time = 1_000_000;
  random = (): number => 0.5;
  readonly sleeps: number[] = [];
  beforeCall: () => Promise<void> | undefined = () => undefined;
  /** Each call that went out (1) and came back (-1). */
  readonly calls: (1 | -1)[] = [];
  onCall = (change: 1 | -1): void => void this.calls.push(change);
  /** Called at the begin of each sleep. */
  onSleep: () => void = () => undefined;

  now = (): number => this.time;

  pass(ms: number): void {
    this.time += ms;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    this.onSleep();
    signal.throwIfAborted();
    this.time += ms;
  }
}

/** Problem i asks `i + i`; an answer that holds the sum earns 1. */
export function sumsEnvironment(changes: Partial<Environment> = {}): Environment {
  return {
    name: 'sums',
    dataset: { source: 'inline', revision: null, fingerprint: 'sha256:rows', size: 100 },
    seed: (i) => ({
      prompt: `${i} + ${i} = ?`,
      messages: [{ role: 'user', content: `${i} + ${i} = ?` }],
      expected_answer: String(2 * i),
      category: i % 2 === 0 ? 'even' : 'odd',
      metadata: { i },
    }),
    verify: (seed, response) => ({
      reward: response.includes(seed.expected_answer) ? 1 : 0,
      extracted_answer: response,
      scoring_method: 'contains',
      scoring_details: {},
      failure_category: response === '' ? 'empty_response' : null,
    }),
    close: async () => undefined,
    ...changes,
  };
}

export const simpleSolver: Solver = {
  name: 'simple',
  request: (seed, repeat) => ({ protocol: 'completions', body: { model: 'm', prompt: seed.prompt, seed: repeat } }),
  solve: async (_seed, { generate, request }) => {
    const model = await generate(request);
    return { response: model.content, model };
  },
};

export function sampleContext(model: Model, changes: Partial<SampleContext> & { readonly concurrency?: number } = {}): SampleContext {
  const runtime = changes.runtime ?? new FakeRuntime();
  const { concurrency = 4, ...rest } = changes;
  return {
    runId: 'run',
    benchmark: 'sums',
    environment: sumsEnvironment(),
    solver: simpleSolver,
    model,
    endpoint: new Endpoint('http://fake/v1', concurrency, () => runtime.now()),
    policy: { maxRetries: 2, baseDelayMs: 100, maxDelayMs: 1000 },
    runtime,
    generation: 0,
    ...rest,
  };
}

/** Signals of a batch, with what aborts them. */
export function signals() {
  const stop = new AbortController();
  const abort = new AbortController();
  return { stop, abort, signals: { stop: stop.signal, abort: abort.signal } };
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
