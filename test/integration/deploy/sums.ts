/** What the pipelines of the tests evaluate: a benchmark of twenty sums and two models, `good` that knows them all and `weak` that errs on three. */

import path from 'node:path';
import { type FakeEndpoint, startFakeEndpoint } from '../../fakes/endpoint.js';
import { ROOT } from './files.js';

export const SUMS = `import { defineBenchmark, numericMatch } from '${path.join(ROOT, 'dist/index.js')}';

export const sums = defineBenchmark({
  name: 'sums',
  dataset: Array.from({ length: 20 }, (_, i) => ({ question: \`\${i} + 1?\`, answer: String(i + 1) })),
  prompt: '{question}',
  targetField: 'answer',
  scorer: numericMatch(),
});
`;

export function startModels(): Promise<FakeEndpoint> {
  return startFakeEndpoint({
    answer: ({ model, messages }) => {
      const prompt = (messages as { content: string }[]).at(-1)?.content ?? '';
      const left = Number.parseInt(prompt, 10);
      return `The answer is ${model === 'weak' && left < 3 ? left + 7 : left + 1}.`;
    },
  });
}

/** An eval config for a folder that holds sums.js. */
export function evalConfig(url: string, model: string): string {
  return `services:\n  fake: {url: ${url}, model: ${model}}\nbenchmarks:\n  - {name: ./sums.js, repeats: 1}\n`;
}
