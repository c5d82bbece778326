/** Bodies that no client of an environment server should send, the same ones in every run: for tests and for bench/serve.mjs. */

export interface MalformedBody {
  readonly kind: string;
  readonly route: string;
  readonly body: string | Buffer;
}

export interface MalformedOptions {
  readonly count: number;
  /** Problems that the server has: indexes from here on are wrong. */
  readonly size: number;
  /** What the server takes. */
  readonly maxBodyBytes: number;
}

const ROUTES = ['/verify', '/seed_session', '/aggregate_metrics', '/close_session'] as const;
const NO_TEXT = [
  'null',
  '7',
  'true',
  '[]',
  '[1]',
  '{}',
  '{"output":[]}',
  '{"output":[{"type":"message"}]}',
  '{"choices":[]}',
  '{"choices":[{}]}',
];
const NO_VERDICTS = [
  '',
  '"verify_responses":7',
  '"verify_responses":[7]',
  '"verify_responses":[{}]',
  '"verify_responses":[{"reward":"1"}]',
];

export function malformedBodies({ count, size, maxBodyBytes }: MalformedOptions): MalformedBody[] {
  const next = random(7);
  const below = (limit: number): number => Math.floor(next() * limit);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const badIndexes = ['-1', String(size), '1e9', '1.5', '"x"', '[]', '{}', 'true', '"1e3"', '9007199254740993', '1e999'];
  const answer = (rest: string): string => `{"response":"7","expected":"7",${rest}}`;
  /** Each kind of body, and a route on which it is wrong; any where none is named. */
  const kinds: Readonly<Record<string, () => string | Buffer | readonly [route: string, body: string]>> = {
    'random bytes': () => Buffer.from(Array.from({ length: 1 + below(500) }, () => below(256))),
    'half of a good body': () => '{"response":"The answer is 7","expected":"7"}'.slice(0, 1 + below(42)),
    'not UTF-8': () => Buffer.from(answer('"metadata":{"a":"\xff"}'), 'latin1'),
    'deep lists': () => '['.repeat(1 + below(90_000)),
    'deep and whole': () => ['/verify', answer(`"metadata":{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`)],
    'deep objects as response': () => ['/verify', `{"expected":"7","response":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`],
    'a body of another type': () => pick(['null', '7', '"text"', '[]', '[{}]', 'true', '""']),
    'a response without text': () => ['/verify', `{"expected":"7","response":${pick(NO_TEXT)}}`],
    'a Gym row without text': () => ['/verify', `{"responses_create_params":{},"expected_answer":"7","response":${pick(NO_TEXT)}}`],
    'metadata of another type': () => ['/verify', answer(`"metadata":${pick(['[]', '7', '"x"', 'true'])}`)],
    'a right answer of another type': () => [
      '/verify',
      `{"response":"7","${pick(['expected', 'expected_answer'])}":${pick(['[]', '{}', '["7"]'])}}`,
    ],
    'no right answer': () => [
      '/verify',
      pick(['{}', '{"response":"7"}', '{"response":"7","uuid":"other-1"}', '{"response":"7","uuid":"../../etc/passwd"}']),
    ],
    'a bad index': () => ['/seed_session', `{"idx":${pick([...badIndexes, 'null'])}}`],
    'an index that is out of range': () => ['/verify', answer(`"idx":${pick(badIndexes)}`)],
    'verdicts that are none': () => ['/aggregate_metrics', `{${pick(NO_VERDICTS)}}`],
    'a session id of another type': () => [
      pick(['/close_session', '/seed_session']),
      `{"resources_session_id":${pick(['7', '[]', '{}', 'true'])}}`,
    ],
    'a huge body': () => `{"response":"${'x'.repeat(maxBodyBytes + below(2_000_000))}","expected":"7"}`,
  };
  const names = Object.keys(kinds);
  return Array.from({ length: count }, (_, i) => {
    const kind = names[i % names.length] as string;
    const made = (kinds[kind] as (typeof kinds)[string])();
    if (typeof made === 'string' || Buffer.isBuffer(made)) return { kind, route: pick(ROUTES), body: made };
    const [route, body] = made as readonly [string, string];
    return { kind, route, body };
  });
}

/** Mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
