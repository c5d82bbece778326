import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { podState } from '../../../../src/adapters/clusters/kubernetes/pod-state.js';

const limits = { unschedulableAfter: 600, now: 1_000_000 };
const failed = (terminated: object, over: object = {}): V1Pod =>
  ({ status: { phase: 'Failed', containerStatuses: [{ name: 'nel', state: { terminated } }], ...over } }) as unknown as V1Pod;
const disruption = (reason: string): object => ({ conditions: [{ type: 'DisruptionTarget', status: 'True', reason }] });

describe('a Pod that failed', () => {
  it.each([
    ['memory', failed({ exitCode: 137, reason: 'OOMKilled' }), { reason: 'oom', exitCode: null, signal: 9 }],
    ['a signal', failed({ exitCode: 139, reason: 'Error' }), { reason: 'exit', exitCode: null, signal: 11 }],
    ['its program', failed({ exitCode: 4, reason: 'Error' }), { reason: 'exit', exitCode: 4, signal: null }],
    ['being asked to stop', failed({ exitCode: 130, reason: 'Error' }), { reason: 'drained', exitCode: 130, signal: null }],
    ['preemption', failed({ exitCode: 130 }, disruption('PreemptionByScheduler')), { reason: 'preempted', exitCode: 130, signal: null }],
    ['a lost node', failed({ exitCode: 137 }, disruption('DeletionByTaintManager')), { reason: 'node_fail', exitCode: null, signal: 9 }],
    ['eviction', { status: { phase: 'Failed', reason: 'Evicted' } } as V1Pod, { reason: 'node_fail', exitCode: null, signal: null }],
    ['nothing that is known', { status: { phase: 'Failed' } } as V1Pod, { reason: 'exit', exitCode: null, signal: null }],
  ])('by %s says so', (_what, pod, expected) => {
    expect(podState(pod, limits)).toEqual({ state: 'failed', ...expected });
  });
});

describe('a Pod without a status', () => {
  it('waits for a node', () => {
    expect(podState({} as V1Pod, limits)).toEqual({ state: 'pending', reason: 'waits for a node', limit: false });
  });
});
