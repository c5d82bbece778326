import OpenAI from 'openai';
import { afterEach, expect, test } from 'vitest';
import { createPracticeApp, startPracticeEndpoint } from '../../../src/practice/endpoint.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

const PROMPT = 'Problem: There are 4 shelves with 10 books on each. How many books are there in all?';

async function ask(path: string, body: unknown) {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
  const response = await createPracticeApp().request(path, init);
  return { status: response.status, body: (await response.json()) as { error?: { message: string } } & Record<string, unknown> };
}

test('the openai client talks to it over HTTP: chat, completions and the list of models', async () => {
  const endpoint = await startPracticeEndpoint();
  opened.push(endpoint);
  const client = new OpenAI({ baseURL: endpoint.url, apiKey: 'any', maxRetries: 0 });
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['practice-large', 'practice-small']);
  const messages = [
    { role: 'system' as const, content: 'Be brief.' },
    { role: 'user' as const, content: PROMPT },
  ];
  const chat = await client.chat.completions.create({ model: 'practice-large', messages, seed: 3 });
  const text = await client.completions.create({ model: 'practice-large', prompt: PROMPT, seed: 3 });
  expect(chat.choices[0]?.message.content).toMatch(/\nThe answer is 40\.$/);
  expect(chat.choices[0]?.finish_reason).toBe('stop');
  expect(chat.choices[0]?.message).toHaveProperty('reasoning_content');
  expect(text.choices[0]?.text).toBe(chat.choices[0]?.message.content);
  const { prompt_tokens, completion_tokens, total_tokens, completion_tokens_details } = chat.usage ?? {};
  expect(total_tokens).toBe((prompt_tokens ?? 0) + (completion_tokens ?? 0));
  expect(completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
});

test('an answer longer than max_tokens is cut off and says so', async () => {
  const { body } = await ask('/v1/completions', { model: 'practice-small', prompt: PROMPT, max_tokens: 3 });
  expect(body['choices']).toEqual([{ index: 0, text: expect.stringMatching(/^.{12}$/s), finish_reason: 'length' }]);
});

test.each([
  ['/v1/chat/completions', { model: 'gpt', messages: [] }, 404, 'practice-large and practice-small'],
  ['/v1/chat/completions', { model: 'practice-large', messages: [] }, 400, 'no message'],
  ['/v1/chat/completions', { model: 'practice-large', prompt: 'x', stream: true }, 400, 'stream'],
  ['/v1/chat/completions', '{', 400, 'not a JSON object'],
  ['/v1/embeddings', {}, 404, 'POST /v1/embeddings'],
])('%s with %j is refused with %i in the form of the API', async (path, body, status, words) => {
  const refused = await ask(path, body);
  expect(refused.status).toBe(status);
  expect(refused.body.error?.message).toContain(words);
});

test('a port that is taken is an error that says what to do', async () => {
  const endpoint = await startPracticeEndpoint();
  opened.push(endpoint);
  await expect(startPracticeEndpoint({ port: endpoint.port })).rejects.toMatchObject({
    kind: 'usage',
    hint: expect.stringContaining('another port'),
  });
});
