/** What the contract suites run over: every built-in benchmark in the variants that matter, and how it is answered wrongly. */

import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { builtinBenchmarks } from '../../../src/benchmarks/registry.js';
import type { Benchmark, ParameterValues } from '../../../src/core/benchmark.js';
import type { Seed } from '../../../src/core/environment.js';
import type { Judge } from '../../../src/core/judge.js';
import { type LoadedBenchmark, openBenchmark } from '../../../src/workers/open-benchmark.js';

/** Invented rows in the form of every data set: what NEL_DATA_DIR may name. */
export const SAMPLES = path.resolve(import.meta.dirname, '../../golden/datasets');

export const never = new AbortController().signal;
// Every program in the sandbox listens to it.
setMaxListeners(0, never);

export interface Contract {
  /** Each is opened; together they hold every parameter with a value other than its default. */
  readonly variants: readonly ParameterValues[];
  /** A well-formed answer that is wrong. */
  readonly wrong: (seed: Seed) => string;
  /** Characters that cannot be seen are an answer to it, as to the reference: its checks look for what they hold. */
  readonly readsInvisible?: true;
  /** Words without an answer in them; absent where any words are an answer. */
  readonly shapeless?: string;
  /** What the question may not hold; default: the target. */
  readonly secrets?: (seed: Seed) => readonly string[];
}

const otherLetter = (seed: Seed): string => (seed.expected_answer === 'A' ? 'B' : 'A');
const nothing = (): readonly string[] => [];
const words = 'let me think about that for a while';

/** Of one with a choice of few options every option is in the prompt: letters are no secret. */
const choice = (wrong: (letter: string) => string): Omit<Contract, 'variants'> => ({
  wrong: (seed) => wrong(otherLetter(seed)),
  shapeless: words,
  secrets: nothing,
});

export const CONTRACTS: Readonly<Record<string, Contract>> = {
  aime_2025: { variants: [{}], wrong: () => '\\boxed{999}', shapeless: words },
  drop: {
    variants: [{}, { cot: false }, { shots: 1 }, { shots: 3, cot: false }],
    wrong: () => 'Answer: a green umbrella',
    // Spans stand in the passage.
    secrets: nothing,
  },
  gpqa: {
    variants: [{}, { subset: 'main' }, { subset: 'extended' }, { cot: false }, { order: 1 }, { order: 1_000_000 }],
    ...choice((letter) => `Answer: ${letter}`),
  },
  gsm8k: {
    variants: [{}, { cot: false }, { strict: true }, { shots: 1 }, { shots: 8 }, { shots: 3, cot: false, strict: true }],
    wrong: () => '#### 987654',
    shapeless: words,
  },
  humaneval: { variants: [{}, { style: 'complete' }], wrong: () => '    return None\n' },
  ifeval: { variants: [{}], wrong: () => 'Well, hm.', readsInvisible: true },
  math500: {
    variants: [{}, { cot: false }, { shots: 1 }, { shots: 4, cot: false }],
    wrong: () => '\\boxed{-987}',
    shapeless: words,
  },
  mgsm: {
    variants: [
      {},
      { native: false },
      ...['bn', 'de', 'es', 'fr', 'ja', 'ru', 'sw', 'te', 'th', 'zh'].map((language) => ({ language })),
      { language: 'de', native: false },
    ],
    wrong: () =>
      ['উত্তর', 'Antwort', 'Answer', 'Respuesta', 'Réponse', '答え', 'Ответ', 'Jibu', 'సమాధానం', 'คำตอบ', '答案']
        .map((word) => `${word}: 987654`)
        .join('\n'),
    shapeless: words,
  },
  mmlu: {
    variants: [{}, { cot: false }, { shots: 1 }, { shots: 3, cot: false }],
    ...choice((letter) => `Answer: ${letter}`),
  },
  mmlu_pro: {
    variants: [{}, { cot: false }, { shots: 2 }, { shots: 3, cot: false }],
    ...choice((letter) => `The answer is (${letter}).`),
  },
  simpleqa: { variants: [{}], wrong: () => 'It is the planet Jupiter.' },
  triviaqa: {
    variants: [{}, { shots: 1 }, { shots: 5 }],
    wrong: () => 'a green umbrella',
    secrets: ({ expected_answer }) => JSON.parse(expected_answer) as string[],
  },
  truthfulqa: {
    variants: [{}, { cot: true }, { order: 7 }],
    ...choice((letter) => `Answer: ${letter}`),
  },
  // 81 tickets among 9 children: 9.
  practice_arithmetic: { variants: [{}], wrong: () => 'The answer is -987654.', shapeless: words, secrets: nothing },
  practice_facts: { variants: [{}], ...choice((letter) => `The answer is (${letter}).`) },
  practice_units: { variants: [{}], wrong: () => 'Answer: -987654', shapeless: words },
};

/** Every benchmark with every variant, for `it.each`. */
export const VARIANTS: readonly (readonly [label: string, benchmark: Benchmark, params: ParameterValues])[] = builtinBenchmarks.flatMap(
  (benchmark) =>
    (CONTRACTS[benchmark.name]?.variants ?? []).map(
      (params) => [`${benchmark.name} ${JSON.stringify(params)}`, benchmark, params] as const,
    ),
);

export function open(name: string, params: ParameterValues = {}, changes: Partial<Parameters<typeof openBenchmark>[0]> = {}) {
  const env = { NEL_DATA_DIR: SAMPLES };
  return openBenchmark({ ref: name, systemPrompt: null, params, env, cwd: SAMPLES, ...changes });
}

export async function seedsOf({ environment }: LoadedBenchmark): Promise<Seed[]> {
  const seeds: Seed[] = [];
  for (let i = 0; i < environment.dataset.size; i++) seeds.push(await environment.seed(i, 0, never));
  return seeds;
}

/** A judge as simpleqa asks one: right where the answer holds the right one, no attempt where it says that it cannot. */
export const fakeJudge: Judge = {
  model: 'fake-judge',
  ask(request) {
    const question = String(request.messages.at(-1)?.content);
    const [, right = '', answer = ''] =
      /Right answer:\n[^\n]+\n(.*?)\n[^\n]+\n\nAnswer to judge:\n[^\n]+\n(.*)\n[^\n]+$/s.exec(question) ?? [];
    const label = right !== '' && answer.includes(right) ? 'CORRECT' : /can't|cannot/.test(answer) ? 'NOT_ATTEMPTED' : 'INCORRECT';
    const content = JSON.stringify({ reason: 'fake', label });
    const tokens = { prompt: 1, completion: 1, reasoning: null, total: 2 };
    return Promise.resolve({
      service: 'judge',
      messages: request.messages,
      model: {
        content,
        reasoning_content: null,
        model: 'fake-judge',
        finish_reason: 'stop',
        tokens,
        latency_ms: 1,
        request_hash: 'sha256:0',
        response_hash: 'sha256:0',
      },
    });
  },
};
