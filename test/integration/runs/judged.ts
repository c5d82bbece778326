/** What the tests of judges, rescoring and solvers share: a small benchmark of sums, a model that answers it, a judge, and their config. */

import { writeFileSync } from 'node:fs';
import type { Answer, RequestBody } from '../../fakes/endpoint.js';
import type { Lab } from './lab.js';

/** Problem i asks for i + i. */
export function writeSums(lab: Lab, problems: number, name = 'sums', more = ''): string {
  const file = lab.path(`${name}.mjs`);
  writeFileSync(
    file,
    `import { defineBenchmark, exactMatch } from 'nel';
export const sums = defineBenchmark({
  name: '${name}',
  dataset: Array.from({ length: ${problems} }, (_, i) => ({ question: \`What is \${i} plus \${i}?\`, answer: String(2 * i) })),
  prompt: '{question}',
  targetField: 'answer',
  scorer: exactMatch(),
  ${more}
});
export default sums;
`,
  );
  return file;
}

export function lastMessage(body: RequestBody): string {
  const messages = body['messages'] as { content: unknown }[] | undefined;
  return String(messages?.at(-1)?.content ?? '');
}

/** Right answers, but those to every fifth problem: too high by one. */
export const answersSums: Answer = (body) => {
  const i = Number(/What is (\d+) plus/.exec(lastMessage(body))?.[1]);
  return String(2 * i + (i % 5 === 4 ? 1 : 0));
};

/** The texts of a judge's question, by title. */
export function judged(body: RequestBody): Record<string, string> {
  const text = lastMessage(body);
  const blocks = text.matchAll(/^(.+):\n\[\[begin ([0-9a-f]{8})\]\]\n([\s\S]*?)\n\[\[end \2\]\]$/gm);
  return Object.fromEntries([...blocks].map(([, title, , content]) => [title as string, content as string]));
}

/** Grades 10 for the right answer, 4 for any other. */
export const gradesSums: Answer = (body) => {
  const { 'Reference answer': reference, 'Answer to grade': answer } = judged(body);
  return JSON.stringify({ reason: 'compared', grade: answer === reference ? 10 : 4 });
};

export interface JudgedConfig {
  readonly bench: string;
  readonly model: string;
  readonly judge: string;
  readonly metric?: string;
  readonly modelName?: string;
  readonly judgeName?: string;
  /** Further lines of the judge's service. */
  readonly judgeMore?: readonly string[];
  readonly maxErrorRate?: number;
}

export function writeConfig(lab: Lab, name: string, config: JudgedConfig): string {
  const { bench, model, judge, metric = 'rubric: Is the answer right?', modelName = 'tested', judgeName = 'judging' } = config;
  const file = lab.path(name);
  const lines = [
    'services:',
    `  tested: {url: "${model}", model: ${modelName}, concurrency: 8}`,
    '  judging:',
    `    url: "${judge}"`,
    `    model: ${judgeName}`,
    '    concurrency: 4',
    ...(config.judgeMore ?? []).map((line) => `    ${line}`),
    'benchmarks:',
    `  - name: ${bench}`,
    '    solver: {service: tested}',
    '    metrics:',
    `      - {type: judge, service: judging, ${metric}}`,
    `max_error_rate: ${config.maxErrorRate ?? 0}`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
