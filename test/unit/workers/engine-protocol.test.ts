/** Errors between threads: what decides a run's fate arrives as what it was, without credentials. */

import { expect, it } from 'vitest';
import { NelError } from '../../../src/core/errors.js';
import { ModelCallError } from '../../../src/core/model.js';
import { EndpointDownError } from '../../../src/engine/endpoint.js';
import { fromWire, toWire } from '../../../src/workers/engine-protocol.js';

const redact = (text: string): string => text.replaceAll('sk-123456', '[redacted]');
/** There and back, as structured clone would carry it. */
const travelled = (error: unknown): Error => fromWire(structuredClone(toWire(error, redact)));

it('keeps kind, message and hint of an error for people', () => {
  const error = travelled(new NelError('data', 'row 3 is broken: sk-123456', { hint: 'mend sk-123456', at: { file: 'x.jsonl', line: 3 } }));
  expect(error).toBeInstanceOf(NelError);
  expect(error).toMatchObject({ kind: 'data', message: 'x.jsonl:3: row 3 is broken: [redacted]', hint: 'mend [redacted]' });
  expect((travelled(new NelError('run', 'no')) as NelError).hint).toBeUndefined();
});

it('keeps apart an endpoint that is down and one that refuses', () => {
  expect(travelled(new EndpointDownError('gone'))).toBeInstanceOf(EndpointDownError);
  const refused = travelled(new ModelCallError('wrong key sk-123456', { category: 'bad_response', disposition: 'stop_run', status: 401 }));
  expect(refused).toBeInstanceOf(ModelCallError);
  expect(refused).toMatchObject({ message: 'wrong key [redacted]', disposition: 'stop_run' });
});

it('makes anything else a plain error with its message', () => {
  const error = travelled(new TypeError('a bug with sk-123456'));
  expect(error.message).toBe('a bug with [redacted]');
  expect(error).not.toBeInstanceOf(NelError);
  expect(travelled('thrown text').message).toBe('thrown text');
});
