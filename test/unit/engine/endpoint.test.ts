/** Whether an endpoint lives: one probe for many samples, and the newest success decides. */

import { expect, it } from 'vitest';
import type { ProbeResult } from '../../../src/core/model.js';
import { Endpoint, EndpointDownError } from '../../../src/engine/endpoint.js';
import { callError, FakeModel, reply } from './fakes.js';

const error = callError('connection');

function world(probe: ProbeResult | Promise<ProbeResult> = { up: false, detail: 'HTTP 503' }) {
  let now = 50_000;
  const endpoint = new Endpoint('http://fake/v1', 4, () => now);
  const model = new FakeModel(() => reply());
  model.probeResult = probe;
  return { endpoint, model, pass: (ms: number) => void (now += ms), now: () => now };
}

it('sends one probe for many samples that ask at once, and tells all of them', async () => {
  const { endpoint, model } = world();
  const asked = await Promise.allSettled(Array.from({ length: 50 }, () => endpoint.assertAlive(model, 50_000, error)));
  expect(asked.every((result) => result.status === 'rejected' && result.reason instanceof EndpointDownError)).toBe(true);
  expect(model.probes).toBe(1);
});

it('keeps what a probe said for a second', async () => {
  const { endpoint, model, pass, now } = world();
  const ask = () => endpoint.assertAlive(model, now(), error);
  await expect(ask()).rejects.toThrow(EndpointDownError);
  model.probeResult = { up: true };
  pass(1000);
  await expect(ask()).rejects.toThrow(EndpointDownError);
  pass(1);
  await ask();
  expect(model.probes).toBe(2);
});

it('needs no probe when something was answered since the call began', async () => {
  const { endpoint, model, pass } = world();
  pass(10);
  endpoint.recordSuccess();
  await endpoint.assertAlive(model, 50_010, error);
  await endpoint.assertAlive(model, 50_000, error);
  expect(model.probes).toBe(0);
  await expect(endpoint.assertAlive(model, 50_011, error)).rejects.toThrow(EndpointDownError);
});

it('falls back on what the probe saw when the error says nothing', async () => {
  const { endpoint, model } = world();
  const silent = Object.assign(callError('connection'), { message: '' });
  await expect(endpoint.assertAlive(model, 50_000, silent)).rejects.toThrow('http://fake/v1 does not answer: HTTP 503');
});

it('remembers a refusal for just under ten seconds', () => {
  const { endpoint, model, pass } = world();
  endpoint.assertNotRefused(model);
  const refusal = callError('bad_response', 'stop_run');
  endpoint.recordRefusal(model, refusal);
  pass(9999);
  expect(() => endpoint.assertNotRefused(model)).toThrow(refusal);
  pass(1);
  endpoint.assertNotRefused(model);
});
