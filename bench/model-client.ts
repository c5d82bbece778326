/**
 * CPU and rate of one model call: a bare undici Pool loop, the model over the light fetch, the model over undici's fetch. All in one run
 * against an endpoint in another process, round by round, so that the machine's moods meet all three.
 * Run: node --import jiti/register bench/model-client.ts [calls a round] [rounds] [in flight] [latency ms]
 */

import { Pool } from 'undici';
import { createOpenAiModel } from '../src/adapters/models/openai.js';
import { createDefaultTransport } from '../src/adapters/models/transport.js';
import { buildRequest, type Model } from '../src/core/model.js';
import type { ServiceSpec } from '../src/core/spec.js';
import { spawnFakeEndpoint } from '../test/fakes/spawn-endpoint.js';

const [calls = 5000, rounds = 5, inFlight = 64, latencyMs = 0] = process.argv.slice(2).map(Number);

const endpoint = await spawnFakeEndpoint({ track: false, latencyMs, answer: `${'Some working out. '.repeat(20)}The answer is 42.` });
const service: ServiceSpec = {
  type: 'api',
  url: endpoint.url,
  protocol: 'chat_completions',
  model: 'fake-model',
  api_key_env: 'FAKE_API_KEY',
  generation: { temperature: 0, max_tokens: 512 },
  concurrency: inFlight,
  request_timeout: 60,
  max_retries: 0,
};
const request = (i: number) =>
  buildRequest({
    protocol: 'chat_completions',
    model: service.model,
    messages: [{ role: 'user', content: `Problem ${i}. ${'A sentence of the question. '.repeat(15)}` }],
    prompt: '',
    generation: service.generation,
    repeat: 0,
  });

async function lanes(one: (i: number) => Promise<unknown>): Promise<{ cpuMs: number; rate: number }> {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  let next = 0;
  const lane = async () => {
    while (next < calls) await one(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000 / calls, rate: calls / (Number(process.hrtime.bigint() - start) / 1e9) };
}

const pool = new Pool(new URL(endpoint.url).origin, { connections: inFlight });
const bare = async (i: number) => {
  const { body } = await pool.request({
    path: '/v1/chat/completions',
    method: 'POST',
    headers: ['content-type', 'application/json'],
    body: JSON.stringify(request(i).body),
  });
  await body.text();
};
const signal = new AbortController().signal;
const redact = (text: string) => text;
const light = createOpenAiModel({ service, apiKey: 'bench-key', redact });
const full = createOpenAiModel({ service, apiKey: 'bench-key', redact, transport: createDefaultTransport({ concurrency: inFlight }) });
const through = (model: Model) => (i: number) => model.call(request(i), signal);

const runs = { bare, light: through(light), default: through(full) };
const results = new Map<string, { cpuMs: number[]; rate: number[] }>();
for (let round = 0; round <= rounds; round++) {
  for (const [name, run] of Object.entries(runs)) {
    const { cpuMs, rate } = await lanes(run);
    if (round === 0) continue; // warm-up
    const seen = results.get(name) ?? { cpuMs: [], rate: [] };
    seen.cpuMs.push(cpuMs);
    seen.rate.push(rate);
    results.set(name, seen);
  }
}
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const base = median(results.get('bare')?.rate ?? []);
process.stdout.write(`${calls} calls a round, ${rounds} rounds, ${inFlight} in flight, ${latencyMs} ms latency (medians)\n`);
for (const [name, { cpuMs, rate }] of results) {
  const line = `${name.padEnd(8)} ${median(cpuMs).toFixed(3)} ms CPU a call  ${median(rate).toFixed(0)} calls/s  ${(median(rate) / base).toFixed(2)} of bare`;
  process.stdout.write(`${line}\n`);
}
await Promise.all([light.close(), full.close(), pool.destroy(), endpoint.close()]);
