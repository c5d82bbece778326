/** The oracle answers what earns full credit; the simple solver is one call. */

import { expect, it } from 'vitest';
import { createOracleSolver } from '../../../../src/adapters/solvers/oracle.js';
import { createSimpleSolver } from '../../../../src/adapters/solvers/simple.js';
import type { Seed } from '../../../../src/core/environment.js';
import type { ContentPart } from '../../../../src/core/model.js';
import type { SolveContext } from '../../../../src/core/solver.js';
import { noModel } from '../../../../src/workers/no-model.js';
import { reply, sumsEnvironment } from '../../engine/fakes.js';

const seed: Seed = { prompt: 'q', messages: [{ role: 'user', content: 'q' }], expected_answer: '4', category: null, metadata: {} };

it('answers the target, or what the environment says earns full credit, without a model', async () => {
  const plain = createOracleSolver(sumsEnvironment());
  expect(await plain.solve(seed, {} as SolveContext)).toMatchObject({ response: '4', model: { content: '4', finish_reason: 'stop' } });
  const ideal = createOracleSolver(sumsEnvironment({ idealAnswer: ({ expected_answer }) => `Answer: ${expected_answer}` }));
  expect((await ideal.solve(seed, {} as SolveContext)).response).toBe('Answer: 4');
});

it('asks once, and differs by repeat only where there is a seed', async () => {
  const solver = createSimpleSolver({ protocol: 'chat_completions', model: 'm', generation: { seed: 5, temperature: 0 } });
  const request = solver.request(seed, 2);
  expect(request.body).toEqual({ model: 'm', messages: seed.messages, temperature: 0, seed: 7 });
  let asked: unknown;
  const generate = async (sent: unknown) => ((asked = sent), reply('hm'));
  expect(await solver.solve(seed, { request, generate } as unknown as SolveContext)).toEqual({ response: 'hm', model: reply('hm') });
  expect(asked).toBe(request);
});

it('sends images where they stand in the prompt', () => {
  const image = (url: string): ContentPart => ({ type: 'image_url', image_url: { url } });
  const content = [image('data:a'), { type: 'text', text: 'and' } as const, image('data:b')];
  const solver = createSimpleSolver({ protocol: 'chat_completions', model: 'm', generation: {} });
  expect(solver.request({ ...seed, messages: [{ role: 'user', content }] }, 0).body['messages']).toEqual([{ role: 'user', content }]);
});

it('has a model that is always up and never called', async () => {
  const model = noModel('oracle');
  expect(await model.probe(new AbortController().signal)).toEqual({ up: true });
  await expect(model.call({ protocol: 'completions', body: {} }, new AbortController().signal)).rejects.toThrow('oracle asks no model');
});
