/** The document says what the server does: every reply is held against it. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { generateApp } from '../../../src/serve/app.js';
import { miniAdd, responsesObject } from './mini-add.js';

interface Document {
  readonly paths: Record<string, Record<string, { responses: Record<string, { content: Record<string, { schema: object }> }> }>>;
  readonly components: { readonly schemas: object; readonly securitySchemes?: object };
  readonly security?: unknown;
}

const app = generateApp(miniAdd(), { benchmark: { scorer: 's', definitionHash: 'sha256:1', generation: {} } });
const row = { responses_create_params: { input: 'x' }, response: responsesObject('The answer is 4'), uuid: 'mini_add-1' };

async function documentOf(from = app, headers: Record<string, string> = {}): Promise<Document> {
  return (await (await from.request('/openapi.json', { headers })).json()) as Document;
}

describe('GET /openapi.json', () => {
  it.each<[string, string, unknown]>([
    ['get', '/health', undefined],
    ['get', '/dataset_size', undefined],
    ['post', '/seed_session', { idx: 1 }],
    ['post', '/seed_session', { responses_create_params: {} }],
    ['post', '/seed_session', { idx: 99 }],
    ['post', '/verify', { response: '4', expected: 4 }],
    ['post', '/verify', row],
    ['post', '/verify', { response: 7 }],
    ['post', '/aggregate_metrics', { verify_responses: [{ reward: 1 }] }],
    ['post', '/close_session', { resources_session_id: 's' }],
  ])('describes what %s %s answers to %j', async (method, path, body) => {
    const { paths, components } = await documentOf();
    const reply = await app.request(path, { method: method.toUpperCase(), ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const { responses } = paths[path]?.[method] ?? { responses: {} };
    const schema = responses[reply.status === 200 ? '200' : 'default']?.content['application/json']?.schema;
    const validate = new Ajv2020({ strict: false }).compile({ ...schema, components });
    validate(await reply.json());
    expect(validate.errors).toBeNull();
  });

  it('asks for a token where the server does', async () => {
    expect((await documentOf()).security).toBeUndefined();
    expect(await documentOf(generateApp(miniAdd(), { token: 't' }), { authorization: 'Bearer t' })).toMatchObject({
      security: [{ token: [] }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    });
  });
});
