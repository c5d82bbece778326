/** What scorers use beyond their input, as a run has configured it: the sandbox, and a judge whose calls are kept. */

import type { Scorer, ScorerInput, ScorerResult, ScorerTools } from '../../core/benchmark.js';
import type { Verification } from '../../core/environment.js';
import { NelError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { type Judge, type JudgeCall, NoVerdictError } from '../../core/judge.js';
import type { Sandbox } from '../../core/sandbox.js';

export interface ScorerResources {
  readonly sandbox?: Sandbox;
  readonly judge?: Judge;
}

/** Judges one answer. Synchronous unless the scorer is not. @throws what the scorer throws */
export function judgeAnswer(
  scorer: Scorer,
  input: ScorerInput,
  resources: ScorerResources,
  signal: AbortSignal,
): Verification | Promise<Verification> {
  if (!scorer.needs?.length) {
    const judged = scorer.score(input);
    return judged instanceof Promise ? judged.then((result) => verification(scorer.name, result)) : verification(scorer.name, judged);
  }
  return withTools(scorer, input, resources, signal);
}

async function withTools(scorer: Scorer, input: ScorerInput, resources: ScorerResources, signal: AbortSignal): Promise<Verification> {
  signal.throwIfAborted();
  const calls: JudgeCall[] = [];
  const tools: ScorerTools = {
    get sandbox() {
      if (resources.sandbox) return resources.sandbox;
      throw new NelError('config', `the scorer ${scorer.name} runs code, and no sandbox is configured here`);
    },
    async judge(request) {
      if (!resources.judge) throw missingJudge(scorer);
      const call = await resources.judge.ask(request, signal);
      calls.push(call);
      return call;
    },
    signal,
  };
  let judged: Verification;
  try {
    judged = verification(scorer.name, await scorer.score(input, tools));
  } catch (error) {
    throw error instanceof NoVerdictError ? new NoVerdictError(error.message, calls) : error;
  }
  return calls.length === 0 ? judged : { ...judged, judge_calls: calls };
}

export function missingJudge({ name }: Scorer): NelError {
  return new NelError('config', `the scorer ${name} asks a judge, and the benchmark names none`, {
    hint: 'Add a service for the judge, and to the benchmark `metrics: [{type: judge, service: NAME}]`.',
  });
}

function verification(scorer: string, result: ScorerResult): Verification {
  if (!isJsonObject(result) || typeof result.reward !== 'number') {
    throw new Error(`the scorer ${scorer} gave ${result === null ? 'null' : typeof result}, not a result with a reward`);
  }
  return {
    reward: result.reward,
    extracted_answer: result.extracted ?? null,
    scoring_method: scorer,
    scoring_details: result.details ?? {},
    failure_category: result.failure ?? null,
  };
}
