/** Waiting for a service that is down. Waits are real: half a second before the first probe. */

import { expect, it } from 'vitest';
import type { ProbeResult } from '../../../src/core/model.js';
import { Outage, untilUp } from '../../../src/engine/outage.js';

const DOWN: ProbeResult = { up: false, detail: 'refused' };
const UP: ProbeResult = { up: true };

function service(answers: ProbeResult[]) {
  const probes = { count: 0 };
  const probe = (): Promise<ProbeResult> => Promise.resolve(answers[probes.count++] ?? UP);
  return { probe, probes };
}

it('waits until a probe says that the service is up, and tells what the others say', async () => {
  const { probe, probes } = service([DOWN]);
  const told: string[] = [];
  await untilUp(probe, new AbortController().signal, (detail) => told.push(detail));
  expect({ probes: probes.count, told }).toEqual({ probes: 2, told: ['refused'] });
});

it('ends when it is stopped, before any probe', async () => {
  const { probe, probes } = service([DOWN]);
  const stop = new AbortController();
  const wait = untilUp(probe, stop.signal);
  stop.abort();
  await expect(wait).rejects.toMatchObject({ name: 'AbortError' });
  expect(probes.count).toBe(0);
});

it('is one wait for all who fail meanwhile, said once, and a new one after it', async () => {
  const { probe, probes } = service([UP, UP]);
  const log: string[] = [];
  const outage = new Outage('the endpoint', probe, new AbortController().signal, (line) => log.push(line));
  await outage.over;
  const waits = [outage.begin('first'), outage.begin('second'), outage.over];
  await Promise.all(waits);
  expect(probes.count).toBe(1);
  await outage.begin('third');
  expect({ probes: probes.count, log }).toEqual({
    probes: 2,
    log: ['waiting for the endpoint: first', 'the endpoint answers again', 'waiting for the endpoint: third', 'the endpoint answers again'],
  });
});

it('that is stopped fails for those who wait, and for nobody else', async () => {
  const { probe } = service([DOWN]);
  const stop = new AbortController();
  const outage = new Outage('the judge', probe, stop.signal, () => undefined);
  void outage.begin('refused');
  const waiting = outage.over;
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  await outage.over;
});
