/** What signals do to a run on a cluster, over a session that plays its workflow. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { drive } from '../../../src/cli/drive.js';
import type { Startable } from '../../../src/client/start-run.js';
import type { RunFile } from '../../../src/core/spec.js';
import { RunSession } from '../../../src/workers/run-session.js';

// The real one brings a worker along.
vi.mock('../../../src/workers/run-session.js', () => ({ RunSession: { open: vi.fn() } }));

const startable = { runId: 'r', directory: '/tmp/r' } as Startable;
const onCluster = [{ spec: { cluster: {} } }] as unknown as readonly RunFile[];
let said: string;
let session: { leave: () => void; cancel: () => Promise<void>; close: () => Promise<void>; isLocal: boolean };

beforeEach(() => {
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  // A run that was left ends the process after a while.
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  let end: (kind: 'left' | 'cancelled') => void = () => undefined;
  const ended = new Promise<{ kind: string }>((resolve) => (end = (kind) => resolve({ kind })));
  session = {
    isLocal: false,
    leave: vi.fn(() => end('left')),
    cancel: vi.fn(() => Promise.resolve(end('cancelled'))),
    close: vi.fn(() => Promise.resolve()),
  };
  const progress = () => ({ read: () => Promise.resolve({ benchmarks: [], in_flight: 0 }) });
  const started = { how: 'started', wasCancelling: false };
  vi.mocked(RunSession.open).mockResolvedValue({
    ...session,
    started,
    uiUrl: null,
    progress,
    outcome: () => ended,
  } as unknown as RunSession);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Until drive() listens. */
async function driving(lost?: AbortSignal): Promise<{ readonly done: Promise<unknown> }> {
  const before = process.listenerCount('SIGTERM');
  const done = drive(startable, onCluster, lost);
  await vi.waitFor(() => expect(process.listenerCount('SIGTERM')).toBe(before + 1));
  return { done };
}

it.each(['SIGTERM', 'SIGHUP'] as const)('%s leaves the jobs to themselves, and a Ctrl-C after it does not cancel them', async (signal) => {
  const { done } = await driving();
  process.emit(signal, signal);
  process.emit('SIGINT', 'SIGINT');
  expect(await done).toBeNull();
  expect(session.leave).toHaveBeenCalledOnce();
  expect(session.cancel).not.toHaveBeenCalled();
  expect(said).toContain('the jobs go on without this command');
  expect(said).not.toContain('the jobs are cancelled');
});

it('Ctrl-C cancels the jobs', async () => {
  const { done } = await driving();
  process.emit('SIGINT', 'SIGINT');
  expect(await done).toBeNull();
  expect(session.cancel).toHaveBeenCalledOnce();
  expect(said).toContain('the jobs are cancelled');
});

it('a run that was taken over is left, and Ctrl-C does not cancel it for the other', async () => {
  const lost = new AbortController();
  const { done } = await driving(lost.signal);
  lost.abort(new Error('taken over'));
  process.emit('SIGINT', 'SIGINT');
  await expect(done).rejects.toThrow('taken over');
  expect(session.leave).toHaveBeenCalledOnce();
  expect(session.cancel).not.toHaveBeenCalled();
});
