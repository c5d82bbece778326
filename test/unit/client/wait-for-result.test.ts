/** The wait for a workflow's end over a client that plays the server: left at once whatever is under way, and without a trace. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { expect, it, vi } from 'vitest';
import { waitForResult } from '../../../src/client/wait-for-result.js';

const never = (): Promise<never> => new Promise(() => undefined);
const handle = { workflowId: 'nel-run' } as WorkflowHandle;

/** A client whose workflow ends as `result` says. One that is given a signal hears it as the SDK does: by a listener a call. */
function playing(result: () => Promise<unknown>): Client {
  let listened: AbortSignal | undefined;
  const call = (): Promise<unknown> =>
    Promise.race([result(), new Promise((_, reject) => listened?.addEventListener('abort', () => reject(new Error('cancelled'))))]);
  const withAbortSignal = async (signal: AbortSignal, work: () => Promise<unknown>): Promise<unknown> => {
    listened = signal;
    return work();
  };
  return { workflow: { getHandle: () => ({ result: call }) }, withAbortSignal } as unknown as Client;
}

it('tells the end', async () => {
  const server = playing(() => Promise.resolve(42));
  expect(await waitForResult(server, handle, never, new AbortController().signal)).toEqual({ kind: 'completed', result: 42 });
  expect(await waitForResult(server, handle, never)).toEqual({ kind: 'completed', result: 42 });
});

it('asks again when the server was away', async () => {
  const result = vi.fn<() => Promise<unknown>>().mockRejectedValueOnce(new Error('unavailable')).mockResolvedValueOnce('end');
  const onLost = vi.fn(() => Promise.resolve());
  expect(await waitForResult(playing(result), handle, onLost)).toEqual({ kind: 'completed', result: 'end' });
  expect(onLost).toHaveBeenCalledOnce();
});

it('fails when the server has forgotten the workflow', async () => {
  const gone = playing(() => Promise.reject(new WorkflowNotFoundError('no', 'nel-run', undefined)));
  await expect(waitForResult(gone, handle, never)).rejects.toMatchObject({ kind: 'run', hint: expect.stringContaining('--resume') });
});

it.each([
  ['the workflow is waited for', never, never],
  ['the server is being started again', () => Promise.reject(new Error('unavailable')), never],
  ['it pauses before the next try', () => Promise.reject(new Error('unavailable')), () => Promise.resolve()],
])('is left while %s', async (_, result, onLost) => {
  const left = new AbortController();
  const started = performance.now();
  const outcome = waitForResult(playing(result), handle, onLost, left.signal);
  await delay(20);
  left.abort();
  expect(await outcome).toEqual({ kind: 'left' });
  expect(performance.now() - started).toBeLessThan(400);
});

it('asks nothing when it was left before', async () => {
  const result = vi.fn(never);
  expect(await waitForResult(playing(result), handle, never, AbortSignal.abort())).toEqual({ kind: 'left' });
  expect(result).not.toHaveBeenCalled();
});

it('asks no more once it was left', async () => {
  const result = vi.fn(() => Promise.reject(new Error('unavailable')));
  const left = new AbortController();
  const outcome = waitForResult(playing(result), handle, () => Promise.resolve(), left.signal);
  await delay(20);
  left.abort();
  await outcome;
  const asked = result.mock.calls.length;
  await delay(700);
  expect(result).toHaveBeenCalledTimes(asked);
});

it('hands its signal to no call of the SDK, which would leave a listener behind for each, and leaves none itself', async () => {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  const server = playing(() => Promise.resolve(1));
  const withAbortSignal = vi.spyOn(server, 'withAbortSignal');
  await waitForResult(server, handle, never, signal);
  await waitForResult(server, handle, never);
  expect(withAbortSignal).not.toHaveBeenCalled();
  expect(added.mock.calls.map(([, listener]) => listener)).toEqual(removed.mock.calls.map(([, listener]) => listener));
  expect(added).toHaveBeenCalledOnce();
});
