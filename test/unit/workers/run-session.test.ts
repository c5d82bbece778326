/** What a session lets go of when it cannot begin, over connections that are played. */

import type { Client } from '@temporalio/client';
import { beforeEach, expect, it, vi } from 'vitest';
import { connectClient, findTemporal, type TemporalTarget } from '../../../src/client/connection.js';
import { registerSearchAttributes } from '../../../src/client/search-attributes.js';
import { type Startable, takeUpRun } from '../../../src/client/start-run.js';
import { RunSession } from '../../../src/workers/run-session.js';

vi.mock('../../../src/client/connection.js', () => ({ findTemporal: vi.fn(), connectClient: vi.fn() }));
vi.mock('../../../src/client/search-attributes.js', () => ({ registerSearchAttributes: vi.fn() }));
vi.mock('../../../src/client/start-run.js', () => ({ startRun: vi.fn(), takeUpRun: vi.fn() }));
vi.mock('../../../src/workers/worker.js', () => ({ createWorker: vi.fn(), workflowBundleHash: vi.fn() }));

const close = vi.fn(() => Promise.resolve());
const release = vi.fn(() => Promise.resolve());
const options = { startable: {} as Startable, runs: [], env: {}, log: () => undefined, taskQueue: 'q' };

beforeEach(() => {
  vi.clearAllMocks();
  vi.mocked(findTemporal).mockResolvedValue({ release } as unknown as TemporalTarget);
  vi.mocked(connectClient).mockResolvedValue({ connection: { close } } as unknown as Client);
});

it('closes the connection and lets the server go when the run cannot be taken up or started', async () => {
  vi.mocked(takeUpRun).mockRejectedValueOnce(new Error('refused'));
  await expect(RunSession.takeUp(options)).rejects.toThrow('refused');
  expect([close, release].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  vi.mocked(registerSearchAttributes).mockRejectedValueOnce(new Error('refused'));
  await expect(RunSession.open(options)).rejects.toThrow('refused');
  expect([close, release].map(({ mock }) => mock.calls.length)).toEqual([2, 2]);
});

it('does the same where nothing is to be taken up', async () => {
  vi.mocked(takeUpRun).mockResolvedValueOnce(null);
  expect(await RunSession.takeUp(options)).toBeNull();
  expect([close, release].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
});

it('lets the server go when no connection comes about', async () => {
  vi.mocked(connectClient).mockRejectedValueOnce(new Error('nothing answers'));
  await expect(RunSession.open(options)).rejects.toThrow('nothing answers');
  expect([close, release].map(({ mock }) => mock.calls.length)).toEqual([0, 1]);
});
