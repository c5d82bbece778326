import { describe, expect, it } from 'vitest';
import { checkSandboxJob, DEFAULT_SANDBOX_LIMITS, sandboxLimits } from '../../../src/core/sandbox.js';

describe('sandboxLimits', () => {
  it('is the defaults where nothing is given', () => {
    expect(sandboxLimits(undefined, {})).toEqual(DEFAULT_SANDBOX_LIMITS);
  });

  it('lets the last one given win, limit by limit', () => {
    expect(sandboxLimits({ cpu_seconds: 3, memory_mb: 256 }, { cpu_seconds: 7 })).toEqual({
      ...DEFAULT_SANDBOX_LIMITS,
      cpu_seconds: 7,
      memory_mb: 256,
    });
  });

  it('rounds up what a system call takes as a whole number', () => {
    expect(sandboxLimits({ cpu_seconds: 0.2, wall_seconds: 1.5 })).toMatchObject({ cpu_seconds: 1, wall_seconds: 1.5 });
  });

  it.each([{ wall_seconds: 0 }, { processes: 0 }, { memory_mb: 8 }, { output_bytes: Number.NaN }, { file_mb: 2 ** 40 }])(
    'turns down %o',
    (limits) => {
      expect(() => sandboxLimits(limits)).toThrow(expect.objectContaining({ kind: 'config' }));
    },
  );
});

describe('checkSandboxJob', () => {
  it('takes names inside the scratch directory', () => {
    expect(() => checkSandboxJob({ files: { 'main.py': '', 'data/in-put_1.txt': '' }, command: ['true'] })).not.toThrow();
  });

  it.each(['../x', '/etc/x', 'a/../../x', '.hidden', 'a//b', '', 'a\0b', 'a b'])('turns down the file name %j', (name) => {
    expect(() => checkSandboxJob({ files: { [name]: '' }, command: ['true'] })).toThrow(expect.objectContaining({ kind: 'config' }));
  });

  it('turns down a job without a command', () => {
    expect(() => checkSandboxJob({ files: {}, command: [] })).toThrow('needs a command');
  });
});
