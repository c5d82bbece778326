import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { identityOf, isAlive, ownIdentity, startTimeInStat } from '../../../../src/client/embedded/process-identity.js';

describe('the identity of a process', () => {
  it('is that of a process while it runs, and no longer', async () => {
    const child = spawn('sleep', ['60']);
    const identity = identityOf(child.pid ?? 0);
    if (!identity) throw new Error('sleep has no identity');
    expect(isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(isAlive(identity)).toBe(false);
  });

  it('is not that of another process with the same pid, earlier or before the last boot', () => {
    const own = ownIdentity();
    expect(isAlive(own)).toBe(true);
    expect(isAlive({ ...own, startTime: `${own.startTime}1` })).toBe(false);
    expect(isAlive({ ...own, bootId: 'another boot' })).toBe(false);
  });

  it('reads the start time behind a command with brackets and spaces', () => {
    const after = Array.from({ length: 49 }, (_, index) => String(index + 4));
    expect(startTimeInStat(`17 (a) b (c)) S ${after.join(' ')}`)).toBe('22');
  });

  it('takes a zombie for gone', () => {
    expect(startTimeInStat(`17 (node) Z ${'1 '.repeat(49)}`)).toBeUndefined();
  });
});
