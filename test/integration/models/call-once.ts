/** One model call in a process of its own, for what is fixed when a process starts: trusted certificates, proxy variables. */

import { createOpenAiModel } from '../../../src/adapters/models/openai.js';
import { ModelCallError } from '../../../src/core/model.js';

const model = createOpenAiModel({
  service: {
    type: 'api',
    url: process.env['CALL_URL'] ?? '',
    protocol: 'chat_completions',
    model: 'm',
    api_key_env: 'CALL_KEY',
    generation: {},
    concurrency: 2,
    request_timeout: 5,
    max_retries: 0,
  },
  apiKey: process.env['CALL_KEY'] ?? null,
  redact: (text) => text,
});
const body = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };
const signal = new AbortController().signal;
let result: object;
try {
  result = { content: (await model.call({ protocol: 'chat_completions', body }, signal)).content };
} catch (error) {
  if (!(error instanceof ModelCallError)) throw error;
  const { category, disposition, status, message } = error;
  result = { category, disposition, status, message };
}
process.stdout.write(`${JSON.stringify({ ...result, probe: await model.probe(signal) })}\n`);
await model.close();
