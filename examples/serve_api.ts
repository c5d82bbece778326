/**
 * A benchmark's HTTP app inside a program, without a port: each problem is fetched, answered and judged by the routes of `nel serve`.
 *
 *   npx jiti examples/serve_api.ts ./examples/benchmarks/01_capitals.ts
 */

import { generateApp, openEnvironment } from 'nel/serve';

const [bench] = process.argv.slice(2);
if (bench === undefined) throw new Error('usage: serve_api.ts BENCHMARK');

const { environment, benchmark } = await openEnvironment({ bench });
const app = generateApp(environment, { benchmark, gymCompat: true });

/** Where your own agent or model would work. */
function answer(prompt: string): string {
  return prompt.includes('Canada') ? 'Answer: Ottawa' : 'I do not know.';
}

async function post<T>(route: string, body: unknown): Promise<T> {
  const reply = await app.request(route, { method: 'POST', body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`${route}: ${await reply.text()}`);
  return (await reply.json()) as T;
}

const { size } = (await (await app.request('/dataset_size')).json()) as { size: number };
let sum = 0;
for (let idx = 0; idx < size; idx++) {
  const { prompt } = await post<{ prompt: string }>('/seed_session', { idx });
  const { reward } = await post<{ reward: number }>('/verify', { idx, response: answer(prompt) });
  sum += reward;
}
console.log(`${environment.name}: ${sum} of ${size} right`);
await environment.close();
