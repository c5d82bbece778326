/** The local environment: what a row becomes, how an answer is judged, and what a broken row says. */

import { describe, expect, it } from 'vitest';
import { openLocalEnvironment } from '../../../../src/adapters/environments/local.js';
import { type BenchmarkDefinition, defineBenchmark } from '../../../../src/benchmarks/define.js';
import type { Row } from '../../../../src/core/benchmark.js';
import type { Seed } from '../../../../src/core/environment.js';
import { NelError } from '../../../../src/core/errors.js';
import { answerLine } from '../../../../src/core/scoring/answer-line.js';

const INFO = { source: 'inline', revision: null, fingerprint: 'sha256:0', size: 1 };
const SIGNAL = new AbortController().signal;

function open(change: Partial<BenchmarkDefinition>, rows: readonly Row[], systemPrompt: string | null = null) {
  const benchmark = defineBenchmark({ name: 'rivers', dataset: rows, prompt: 'Q: {q}', targetField: 'a', scorer: answerLine(), ...change });
  const environment = openLocalEnvironment({ benchmark, rows, info: INFO, systemPrompt });
  return {
    seed: (index = 0) => environment.seed(index, 0, SIGNAL) as Seed,
    verify: (seed: Seed, response: string) => environment.verify(seed, response, SIGNAL),
  };
}

describe('seed', () => {
  it('renders system prompt, few-shot turns and the question, as messages and as one text', () => {
    const row = { q: 'Longest?', a: 'Nile', region: 'Africa', id: 7, extra: null };
    const { seed } = open(
      {
        systemPrompt: 'Be brief.',
        fewShot: [
          { role: 'user', content: 'Q: Deepest?' },
          { role: 'assistant', content: 'Answer: Congo' },
        ],
        category: 'region',
        metadataFields: ['id', 'extra', 'absent'],
      },
      [row],
    );
    expect(seed()).toEqual({
      prompt: 'Be brief.\n\nQ: Deepest?\n\nAnswer: Congo\n\nQ: Longest?',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Q: Deepest?' },
        { role: 'assistant', content: 'Answer: Congo' },
        { role: 'user', content: 'Q: Longest?' },
      ],
      expected_answer: 'Nile',
      category: 'Africa',
      metadata: { id: 7, extra: null },
    });
  });

  it("lets the run's system prompt take the place of the benchmark's", () => {
    const { seed } = open({ systemPrompt: 'Be brief.' }, [{ q: '1', a: '1' }], 'Be long.');
    expect(seed().messages[0]).toEqual({ role: 'system', content: 'Be long.' });
  });

  it('writes numbers as targets as text', () => {
    expect(open({}, [{ q: '6*7', a: 42 }]).seed().expected_answer).toBe('42');
    expect(open({ targetField: undefined, target: () => 42 as unknown as string } as never, [{ q: '6*7' }]).seed().expected_answer).toBe(
      '42',
    );
  });

  it.each<[string, Partial<BenchmarkDefinition>, Row, RegExp]>([
    ['a missing field', {}, { Q: 'x', a: '1' }, /^rivers, problem_idx 0: field "q" is missing \(did you mean "Q"\?\)$/],
    ['a missing target', {}, { q: 'x' }, /^rivers, problem_idx 0: field "a" is missing/],
    [
      'a prompt function that throws',
      { prompt: () => (undefined as unknown as string[]).join() },
      { q: 'x', a: '1' },
      /^rivers, problem_idx 0: Cannot read/,
    ],
    [
      'a prompt function without a text',
      { prompt: () => null as unknown as string },
      { q: 'x', a: '1' },
      /the prompt function gave null, not a text/,
    ],
  ])('names benchmark and problem for %s', (_, change, row, message) => {
    expect(() => open(change, [row]).seed()).toThrow(NelError);
    expect(() => open(change, [row]).seed()).toThrow(message);
  });

  it('refuses a problem that is not there', () => {
    expect(() => open({}, [{ q: 'x', a: '1' }]).seed(1)).toThrow(/there is no problem_idx 1 among 1 problems/);
  });
});

describe('verify', () => {
  it('gives reward, extraction and the name of the rule, at once for a synchronous scorer', () => {
    const { seed, verify } = open({}, [{ q: 'x', a: 'Nile' }]);
    expect(verify(seed(), 'Answer: Nile')).toEqual({
      reward: 1,
      extracted_answer: 'Nile',
      scoring_method: 'answer_line',
      scoring_details: {},
      failure_category: null,
    });
    expect(verify(seed(), '')).toMatchObject({ reward: 0, extracted_answer: null, failure_category: 'empty_response' });
  });

  it('hands the row to the scorer and waits for an asynchronous one', async () => {
    const { seed, verify } = open(
      {
        scorer: ({ row, response }) => Promise.resolve({ reward: 0.5, extracted: response, details: { points: row['points'] as number } }),
      },
      [{ q: 'x', a: '1', points: 3 }],
    );
    expect(await verify(seed(), 'hm')).toMatchObject({ reward: 0.5, extracted_answer: 'hm', scoring_details: { points: 3 } });
  });

  it('passes on what the scorer throws, and refuses a result without a reward', () => {
    const broken = open(
      {
        scorer: () => {
          throw new Error('no judge');
        },
      },
      [{ q: 'x', a: '1' }],
    );
    expect(() => broken.verify(broken.seed(), 'x')).toThrow('no judge');
    const shapeless = open({ scorer: () => ({ correct: true }) as never }, [{ q: 'x', a: '1' }]);
    expect(() => shapeless.verify(shapeless.seed(), 'x')).toThrow(/not a result with a reward/);
  });
});
