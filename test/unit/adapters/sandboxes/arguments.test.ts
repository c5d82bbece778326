import { describe, expect, it } from 'vitest';
import { bubblewrapArguments } from '../../../../src/adapters/sandboxes/bubblewrap.js';
import { DEFAULT_IMAGE, dockerArguments, dockerInput, dockerOutcome, LOADER } from '../../../../src/adapters/sandboxes/docker.js';
import { countsByUserNamespace, limitWrappers, sandboxEnvironment } from '../../../../src/adapters/sandboxes/limits.js';
import type { SandboxJob, SandboxLimits } from '../../../../src/core/sandbox.js';

const LIMITS: SandboxLimits = { wall_seconds: 5, cpu_seconds: 3, memory_mb: 512, processes: 16, file_mb: 8, output_bytes: 1000 };
const JOB: SandboxJob = { files: { 'main.py': 'print(1)', 'data/a.txt': 'ü' }, command: ['python3', 'main.py', '; rm -rf /'], stdin: 'in' };
const TOOLS = { prlimit: '/usr/bin/prlimit', setpriv: '/usr/bin/setpriv', choom: '/usr/bin/choom' };
const PYTHON = { executable: '/home/u/py/bin/python3.12', prefix: '/home/u/py' };

const WRAPPERS = [
  ...['/usr/bin/prlimit', '--cpu=3:4', '--as=536870912', '--fsize=8388608', '--nproc=16', '--nofile=256', '--core=0', '--'],
  ...['/usr/bin/choom', '-n', '1000', '--'],
];

describe('limitWrappers', () => {
  it('becomes another user first, then takes the limits on', () => {
    expect(limitWrappers(TOOLS, LIMITS, { uid: 1234, processes: 16, dieWithParent: true })).toEqual([
      ...['/usr/bin/setpriv', '--reuid=1234', '--regid=1234', '--clear-groups', '--inh-caps=-all', '--no-new-privs', '--pdeathsig=KILL'],
      ...WRAPPERS,
    ]);
  });

  it('does without choom', () => {
    expect(limitWrappers({ ...TOOLS, choom: undefined }, LIMITS, { processes: 16 }).at(-1)).toBe('--');
  });
});

describe('countsByUserNamespace', () => {
  it.each([
    ['4.18.0-553.el8', false],
    ['5.13.19', false],
    ['5.14.0-70.el9', true],
    ['6.1.0', true],
  ])('of Linux %s is %s', (release, expected) => {
    expect(countsByUserNamespace(release)).toBe(expected);
  });
});

describe('sandboxEnvironment', () => {
  it('is all that a program sees', () => {
    expect(sandboxEnvironment('/scratch', '/opt/py/bin')).toEqual({
      PATH: '/opt/py/bin:/usr/local/bin:/usr/bin:/bin',
      HOME: '/scratch',
      TMPDIR: '/scratch',
      LANG: 'C.UTF-8',
      PYTHONHASHSEED: '0',
      PYTHONDONTWRITEBYTECODE: '1',
    });
  });
});

describe('bubblewrapArguments', () => {
  const layout = { mode: 'namespace', tools: TOOLS, systemMounts: ['--ro-bind', '/usr', '/usr'], python: PYTHON } as const;

  it('takes everything away but system folders, Python, and a scratch directory with the files', () => {
    expect(bubblewrapArguments(layout, JOB, LIMITS, { uid: 7, otherThreads: 0 })).toEqual([
      ...['--unshare-user', '--uid', '65534', '--gid', '65534'],
      ...['--unshare-net', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--hostname', 'sandbox'],
      '--die-with-parent',
      ...['--ro-bind', '/usr', '/usr'],
      ...['--perms', '0755', '--dir', '/home', '--perms', '0755', '--dir', '/home/u', '--ro-bind', '/home/u/py', '/home/u/py'],
      ...['--proc', '/proc', '--dev', '/dev', '--perms', '1777', '--size', '16777216', '--tmpfs', '/dev/shm'],
      ...['--perms', '1777', '--size', '8388608', '--tmpfs', '/scratch', '--symlink', '/scratch', '/tmp'],
      ...['--perms', '1777', '--dir', '/scratch/data'],
      ...['--perms', '0644', '--file', '3', '/scratch/main.py', '--perms', '0644', '--file', '4', '/scratch/data/a.txt'],
      ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/scratch', '--json-status-fd', '5', '--'],
      ...['/usr/bin/setpriv', '--inh-caps=-all', '--no-new-privs'],
      ...WRAPPERS,
      ...['/home/u/py/bin/python3.12', 'main.py', '; rm -rf /'],
    ]);
  });

  it('of root keeps what is needed to become another user', () => {
    const args = bubblewrapArguments({ ...layout, mode: 'setuid' }, JOB, LIMITS, { uid: 7, otherThreads: 0 });
    expect(args.slice(0, 6)).toEqual(['--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID']);
    expect(args).toContain('--reuid=7');
  });

  it('adds the threads that an old kernel counts in', () => {
    expect(bubblewrapArguments(layout, JOB, LIMITS, { uid: 7, otherThreads: 400 })).toContain('--nproc=416');
  });
});

describe('dockerArguments', () => {
  it('are a container without network, rights and a writable disk', () => {
    expect(dockerArguments(DEFAULT_IMAGE, 'nel-1', JOB, LIMITS)).toEqual([
      ...['run', '--rm', '--interactive', '--pull', 'never', '--name', 'nel-1', '--log-driver', 'none'],
      ...['--network', 'none', '--ipc', 'private', '--hostname', 'sandbox'],
      ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', '65534:65534'],
      ...['--tmpfs', '/scratch:rw,nosuid,nodev,size=8388608,mode=1777', '--workdir', '/scratch'],
      ...['--memory', '512m', '--memory-swap', '512m', '--cpus', '1', '--pids-limit', '16'],
      ...['--ulimit', 'cpu=3:4', '--ulimit', 'fsize=8388608', '--ulimit', 'nofile=256', '--ulimit', 'core=0'],
      ...['--env', 'PATH=/usr/local/bin:/usr/bin:/bin', '--env', 'HOME=/scratch', '--env', 'TMPDIR=/scratch', '--env', 'LANG=C.UTF-8'],
      ...['--env', 'PYTHONHASHSEED=0', '--env', 'PYTHONDONTWRITEBYTECODE=1'],
      ...['--entrypoint', 'python3', 'python:3.12-slim', '-I', '-S', '-c', LOADER],
      ...['python3', 'main.py', '; rm -rf /'],
    ]);
  });

  it('sends the files before the input, with their length in bytes', () => {
    expect(dockerInput(JOB)).toBe('40\n{"main.py":"print(1)","data/a.txt":"ü"}in');
  });
});

describe('dockerOutcome', () => {
  const outcome = {
    exit_code: 125,
    signal: null,
    stdout: '',
    stderr: 'docker: Error response from daemon: no space left on device.\nSee docker run --help.',
    timed_out: false,
    output_truncated: false,
    duration_ms: 3,
    report: '',
  };

  it("is an error where docker failed, not the answer's", () => {
    expect(() => dockerOutcome(outcome)).toThrow(expect.objectContaining({ kind: 'run' }));
  });

  it('is the program’s where only its exit code looks like it', () => {
    const { report: _, ...own } = { ...outcome, stderr: 'my own words' };
    expect(dockerOutcome({ ...own, report: '' })).toEqual(own);
  });
});
