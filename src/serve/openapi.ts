/** GET /openapi.json: the routes and their bodies as OpenAPI 3.1. Tests hold the server's replies against it. */

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const anyObject: Schema = { type: 'object', additionalProperties: true };
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: true,
});
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const verdict = {
  reward: { type: 'number' },
  extracted_answer: orNull(text),
  scoring_details: anyObject,
  scoring_method: text,
  failure_category: orNull(text),
};
const expected: Schema = { anyOf: [text, { type: 'number' }, { type: 'boolean' }, { type: 'null' }] };
const response: Schema = {
  description: 'A text, a Responses object (assistant messages or output_text), or a chat completion',
  anyOf: [text, anyObject],
};

const SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: object({ detail: text, reason: { type: 'string', enum: ['data', 'verify'] } }, ['detail']),
  Health: object(
    { status: { type: 'string', enum: ['ok', 'draining'] }, benchmark: text, dataset_size: { type: 'integer' }, protocol: text },
    ['status', 'benchmark', 'dataset_size', 'protocol'],
  ),
  Dataset: object(
    {
      size: { type: 'integer', minimum: 0 },
      name: text,
      description: text,
      dataset_size: { type: 'integer' },
      fingerprint: text,
      revision: orNull(text),
      scorer: text,
      definition_hash: text,
      generation: anyObject,
      asks_judge: { type: 'boolean' },
      tools: { type: 'array', items: text },
    },
    ['size', 'name', 'fingerprint', 'revision'],
  ),
  Problem: object({ idx: { type: 'integer', minimum: 0, default: 0 } }, []),
  Seed: object(
    {
      prompt: text,
      messages: { type: 'array', items: anyObject },
      system: orNull(text),
      expected_answer: text,
      category: orNull(text),
      metadata: anyObject,
      sandbox_spec: { type: 'null' },
    },
    ['prompt', 'messages', 'system', 'expected_answer', 'category', 'metadata', 'sandbox_spec'],
  ),
  Session: object({ resources_session_id: text }, []),
  Answer: object({ response, expected, metadata: anyObject, prompt: text, idx: { type: 'integer' }, uuid: text }, ['response']),
  Verdict: object({ ...verdict, metadata: anyObject }, ['reward', 'extracted_answer', 'scoring_details', 'metadata']),
  Row: object({ responses_create_params: anyObject, expected_answer: expected, uuid: text, metadata: anyObject }, [
    'responses_create_params',
  ]),
  AnsweredRow: object({ responses_create_params: anyObject, response, expected_answer: expected, uuid: text, metadata: anyObject }, [
    'response',
  ]),
  JudgedRow: object({ ...verdict, response, responses_create_params: anyObject }, ['reward', 'response']),
  Rollouts: object({ verify_responses: { type: 'array', items: object({ reward: { type: 'number' } }, ['reward']) } }, [
    'verify_responses',
  ]),
  Metrics: object({ group_level_metrics: { type: 'array', items: anyObject }, agent_metrics: anyObject, key_metrics: anyObject }, [
    'group_level_metrics',
    'agent_metrics',
    'key_metrics',
  ]),
};

const content = (schema: Schema): Schema => ({ 'application/json': { schema } });
const either = (...names: readonly string[]): Schema => (names.length === 1 ? ref(names[0] as string) : { anyOf: names.map(ref) });

function route(summary: string, requests: readonly string[], replies: readonly string[]): Schema {
  return {
    summary,
    ...(requests.length === 0 ? {} : { requestBody: { required: true, content: content(either(...requests)) } }),
    responses: {
      200: { description: 'done', content: content(either(...replies)) },
      default: { description: 'refused', content: content(ref('Error')) },
    },
  };
}

/** @param withToken whether the server asks for a bearer token */
export function openApiDocument(benchmark: string, withToken: boolean): Schema {
  return {
    openapi: '3.1.0',
    info: { title: `nel serve: ${benchmark}`, version: '1' },
    paths: {
      '/health': { get: { ...route('Readiness and liveness; 503 while it drains', [], ['Health']), security: [] } },
      '/dataset_size': { get: route('How many problems, of which data set', [], ['Dataset']) },
      '/seed_session': {
        post: route('A problem by its index; or the start of a NeMo Gym session', ['Problem', 'Row', 'Session'], ['Seed', 'Session']),
      },
      '/verify': {
        post: route('Judge an answer, or a NeMo Gym row with its response', ['Answer', 'AnsweredRow'], ['Verdict', 'JudgedRow']),
      },
      '/aggregate_metrics': { post: route("Metrics over a NeMo Gym collection's verdicts", ['Rollouts'], ['Metrics']) },
      '/close_session': { post: route('The end of a NeMo Gym session', ['Session'], ['Session']) },
    },
    components: {
      schemas: SCHEMAS,
      ...(withToken ? { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } : {}),
    },
    ...(withToken ? { security: [{ token: [] }] } : {}),
  };
}
