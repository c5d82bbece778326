/** A small benchmark for tests of the HTTP environment: the one whose traffic is recorded in shared/data/gym. */

import { fingerprint } from '../../../src/adapters/datasets/values.js';
import { openLocalEnvironment } from '../../../src/adapters/environments/local.js';
import type { Benchmark, Row, Scorer } from '../../../src/core/benchmark.js';
import type { Environment } from '../../../src/core/environment.js';

const SUMS = [
  ['What is 3 + 4?', '7'],
  ['What is 2 + 2?', '4'],
  ['What is 5 + 9?', '14'],
  ['What is 7 + 1?', '8'],
  ['What is 9 + 9?', '18'],
] as const;

export const MINI_ROWS: readonly Row[] = SUMS.map(([question, answer]) => ({
  source: 'byob',
  benchmark: 'mini_add',
  question,
  answer,
  category: 'math',
}));

/** The number behind "answer is" or "Answer:", else all of the answer. */
export const miniScorer: Scorer = {
  name: 'byob_mini_add',
  score({ response, target }) {
    const found = /answer(?: is|:) *(-?\d+)/i.exec(response)?.[1] ?? response.trim();
    const correct = found === target;
    return { reward: correct ? 1 : 0, extracted: found, details: { method: 'byob_mini_add', correct, extracted: found } };
  },
};

export function miniAdd(
  changes: Partial<Benchmark> = {},
  rows: readonly Row[] = MINI_ROWS,
  systemPrompt: string | null = null,
): Environment {
  const benchmark: Benchmark = {
    name: 'mini_add',
    description: 'Five sums',
    dataset: rows,
    requiredFields: [],
    prompt: "Solve. Put your final numerical answer after 'The answer is'.\n\nProblem: {question}",
    target: 'answer',
    category: 'category',
    metadataFields: ['source', 'benchmark', 'question', 'answer', 'category'],
    scorer: miniScorer,
    ...changes,
  };
  return openLocalEnvironment({
    benchmark,
    rows,
    info: { source: 'inline', revision: null, fingerprint: fingerprint(rows), size: rows.length },
    systemPrompt,
  });
}

/** A Responses object with one assistant message. */
export function responsesObject(text: string): Record<string, unknown> {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 0,
    status: 'completed',
    model: 'm',
    output: [
      { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] },
    ],
  };
}
