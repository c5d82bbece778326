/** The environment of a benchmark whose rows and scorer are in this process: rows become seeds, the scorer judges answers. */

import type { Benchmark, Row } from '../../core/benchmark.js';
import type { DatasetInfo, Environment, Seed } from '../../core/environment.js';
import { errorMessage, NelError } from '../../core/errors.js';
import { judgeAnswer, type ScorerResources } from './scorer-tools.js';
import { seedMaker } from './seeds.js';

export interface LocalEnvironmentOptions {
  readonly benchmark: Benchmark;
  readonly rows: readonly Row[];
  readonly info: DatasetInfo;
  /** Overrides the benchmark's own system prompt; null keeps it. */
  readonly systemPrompt: string | null;
  /** Rows of the benchmark's few-shot source. */
  readonly examples?: readonly Row[];
  readonly resources?: ScorerResources;
}

/**
 * `seed` throws a NelError of kind `data` that names benchmark, problem_idx and field where a row cannot be made into a prompt;
 * `verify` passes on what the scorer throws. Both are synchronous unless the scorer is not.
 */
export function openLocalEnvironment(options: LocalEnvironmentOptions): Environment {
  const { benchmark, rows, info, systemPrompt, examples = [], resources = {} } = options;
  const { name, scorer, tools, createSummary } = benchmark;
  const makeSeed = seedMaker(benchmark, systemPrompt ?? benchmark.systemPrompt ?? null, examples);
  /** Which row a seed came from: scorers may read it, journals must not carry it. */
  const rowsBySeed = new WeakMap<Seed, Row>();
  const rowOf = (seed: Seed): Row => {
    const row = rowsBySeed.get(seed);
    if (row === undefined) throw new Error('the seed is not from this environment');
    return row;
  };
  return {
    name,
    dataset: info,
    seed(problemIdx) {
      const row = rows[problemIdx];
      if (row === undefined) throw new NelError('data', `${name}: there is no problem_idx ${problemIdx} among ${rows.length} problems`);
      try {
        const seed = makeSeed(row);
        rowsBySeed.set(seed, row);
        return seed;
      } catch (error) {
        throw inProblem(error, `${name}, problem_idx ${problemIdx}`);
      }
    },
    verify: (seed, response, signal) =>
      judgeAnswer(scorer, { response, target: seed.expected_answer, row: rowOf(seed), prompt: seed.prompt }, resources, signal),
    verifyDetached: ({ response, expected, metadata, ...known }, signal) =>
      judgeAnswer(scorer, { response, target: expected, row: metadata, ...known }, resources, signal),
    ...(resources.judge === undefined ? {} : { asksJudge: true }),
    idealAnswer: (seed) => scorer.idealAnswer?.(seed.expected_answer, rowOf(seed)) ?? seed.expected_answer,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name: tool, description, parameters }) => ({ name: tool, description, parameters })),
          callTool: (seed, wanted, args, signal) => {
            const tool = tools.find((candidate) => candidate.name === wanted);
            if (tool === undefined) throw new Error(`there is no tool ${wanted}; there are ${tools.map((one) => one.name).join(', ')}`);
            return tool.run(args, rowOf(seed), signal);
          },
        }),
    ...(createSummary === undefined ? {} : { createSummary }),
    close: async () => resources.sandbox?.close(),
  };
}

function inProblem(error: unknown, where: string): NelError {
  const hint = error instanceof NelError ? error.hint : undefined;
  return new NelError('data', `${where}: ${errorMessage(error)}`, { cause: error, ...(hint === undefined ? {} : { hint }) });
}
