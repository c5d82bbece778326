/** What hostile code tries, in every sandbox of this machine: nothing gets out, nothing hangs, nothing is left behind. */

import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSandbox } from '../../../src/adapters/sandboxes/open.js';
import type { Sandbox } from '../../../src/core/sandbox.js';
import { isRoot, missingFor, processesWith, runPython } from './lab.js';

const KEY = 'sk-sandbox-test-key-0123456789';

/** Makes up to 500 processes, says how many it got, and ends them. */
const PROCESS_BURST = `
import os, signal, time
made = []
for _ in range(500):
    try:
        pid = os.fork()
    except OSError:
        break
    if pid == 0:
        time.sleep(5)
        os._exit(0)
    made.append(pid)
print(len(made))
for pid in made:
    os.kill(pid, signal.SIGKILL)
`;

const READ_ALL_ENVIRONMENTS = `
import os
print(sorted(os.environ.values()))
for pid in os.listdir("/proc"):
    if pid.isdigit():
        for name in ("environ", "cmdline"):
            try:
                print(open("/proc/%s/%s" % (pid, name), "rb").read())
            except OSError as error:
                pass
`;

for (const type of ['bubblewrap', 'process'] as const) {
  const missing = await missingFor(type);
  describe.skipIf(missing !== '')(`hostile code in ${type}${missing}`, () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      process.env.SANDBOX_TEST_API_KEY = KEY;
      sandbox = await openSandbox({ type, env: process.env, concurrency: 2 });
    });
    afterAll(async () => {
      delete process.env.SANDBOX_TEST_API_KEY;
      await sandbox?.close();
    });

    it('runs a program with its files, input and output', async () => {
      const outcome = await sandbox.run(
        {
          files: {
            'main.py': 'import sys; print(open("data/ü.txt".replace("ü", "u")).read() + sys.stdin.read())',
            'data/u.txt': 'größe 😀 ',
          },
          command: ['python3', 'main.py'],
          stdin: 'in\u2028put',
        },
        new AbortController().signal,
      );
      expect(outcome).toEqual({
        exit_code: 0,
        signal: null,
        stdout: 'größe 😀 in\u2028put\n',
        stderr: '',
        timed_out: false,
        output_truncated: false,
        duration_ms: expect.any(Number),
      });
    });

    it('gives the exit code', async () => {
      expect(await runPython(sandbox, 'raise SystemExit(7)')).toMatchObject({ exit_code: 7, signal: null });
    });

    it('takes text with NUL and half characters', async () => {
      const files = { 'main.py': 'print(ascii(open("text").read()))', text: 'a\0b\ud800c' };
      const outcome = await sandbox.run({ files, command: ['python3', 'main.py'] }, new AbortController().signal);
      expect(outcome).toMatchObject({ exit_code: 0, stdout: "'a\\x00b\\ufffdc'\n" });
    });

    it('holds a burst of 500 processes at the limit', async () => {
      const outcome = await runPython(sandbox, PROCESS_BURST, { processes: 20 });
      expect(outcome.exit_code).toBe(0);
      const made = Number(outcome.stdout);
      expect(made).toBeGreaterThanOrEqual(10);
      expect(made).toBeLessThanOrEqual(isRoot || type === 'bubblewrap' ? 20 : 60);
    });

    it('ends an endless loop at the CPU limit', async () => {
      const outcome = await runPython(sandbox, 'while True: pass', { cpu_seconds: 1 });
      expect(outcome).toMatchObject({ exit_code: null, signal: expect.stringMatching(/^SIG(XCPU|KILL)$/), timed_out: false });
    });

    it('ends an endless loop that ignores the warning', async () => {
      const code = 'import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass';
      expect(await runPython(sandbox, code, { cpu_seconds: 1 })).toMatchObject({ exit_code: null, signal: 'SIGKILL' });
    });

    it('ends a sleeper when the wall time is up', async () => {
      const outcome = await runPython(sandbox, 'import time; time.sleep(60)', { wall_seconds: 0.5 });
      expect(outcome).toMatchObject({ exit_code: null, signal: 'SIGKILL', timed_out: true });
      expect(outcome.duration_ms).toBeLessThan(5_000);
    });

    it.each(['stdout', 'stderr'])('keeps the first bytes of a %s without end and ends the program', async (stream) => {
      const before = process.memoryUsage().rss;
      const outcome = await runPython(sandbox, `import sys\nwhile True: sys.${stream}.write("x" * 65536)`, { output_bytes: 100_000 });
      expect(outcome).toMatchObject({ output_truncated: true, timed_out: false });
      expect(outcome[stream as 'stdout' | 'stderr']).toBe('x'.repeat(100_000));
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1_048_576);
    });

    it('refuses memory beyond the limit', async () => {
      const outcome = await runPython(sandbox, 'x = bytearray(400 << 20)\nprint("got it")', { memory_mb: 200 });
      expect(outcome).toMatchObject({ exit_code: 1, stdout: '', stderr: expect.stringContaining('MemoryError') });
    });

    it('refuses a file beyond the limit', async () => {
      const code = 'import os\nwith open("big", "wb") as f:\n    for _ in range(64): f.write(bytes(1 << 20)); f.flush()';
      expect(await runPython(sandbox, code, { file_mb: 4 })).toMatchObject({
        exit_code: 1,
        stderr: expect.stringMatching(/Errno (27|28)/),
      });
    });

    it.skipIf(type === 'process' && !isRoot)('does not show the API key, in no environment and no command line', async () => {
      const outcome = await runPython(sandbox, READ_ALL_ENVIRONMENTS);
      expect(outcome.exit_code).toBe(0);
      expect(outcome.stdout).toContain('C.UTF-8');
      expect(outcome.stdout).not.toContain(KEY);
    });

    it('has no variables but its own', async () => {
      const { stdout } = await runPython(sandbox, 'import os; print(*sorted(os.environ))');
      const own = ['HOME', 'LANG', 'NEL_SANDBOX', 'PATH', 'PWD', 'PYTHONDONTWRITEBYTECODE', 'PYTHONHASHSEED', 'TMPDIR'];
      expect(own).toEqual(expect.arrayContaining(stdout.trim().split(' ')));
    });

    it.skipIf(type === 'process' && !isRoot)('cannot write outside its scratch directory', async () => {
      const places = ['/', '/usr', '/usr/local', '/etc', '/dev', '/proc', '/home', '/root', '/var', process.cwd()];
      const code = `
import os
for place in ${JSON.stringify(places)}:
    try:
        open(os.path.join(place, "nel-escape"), "w")
        print("wrote to", place)
    except OSError:
        pass
open("inside", "w").write("fine")`;
      expect(await runPython(sandbox, code)).toMatchObject({ exit_code: 0, stdout: '' });
      expect(places.filter((place) => existsSync(`${place}/nel-escape`))).toEqual([]);
    });

    it('starts each program in an empty scratch directory', async () => {
      await runPython(sandbox, 'open("left", "w").write("x")');
      expect(await runPython(sandbox, 'import os; print(os.listdir("."))')).toMatchObject({ stdout: "['main.py']\n" });
    });

    it('leaves no process behind, however it tries to hide', async () => {
      const word = `hider-${type}-${process.pid}`;
      const code = `
import os, subprocess, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, "-S", "-c", "import time; time.sleep(30)", "${word}"], dict(os.environ))
    os._exit(0)
os.wait()
print("done")`;
      expect(await runPython(sandbox, code)).toMatchObject({ exit_code: 0, stdout: 'done\n' });
      await expect.poll(() => processesWith(word), { timeout: 2_000 }).toEqual([]);
    });

    it('leaves nothing behind when aborted at any moment', async () => {
      const name = `aborted-${type}-${process.pid}.py`;
      for (let i = 0; i < 15; i++) {
        const stop = new AbortController();
        const code = 'import os, time\nos.fork()\ntime.sleep(30)';
        const run = sandbox.run({ files: { [name]: code }, command: ['python3', '-S', name] }, stop.signal);
        setTimeout(() => stop.abort(new Error('stopped')), i * 8);
        await expect(run).rejects.toThrow('stopped');
      }
      await expect.poll(() => processesWith(name), { timeout: 2_000 }).toEqual([]);
    });

    it('does not count the wait for a place as wall time', async () => {
      const runs = Array.from({ length: 8 }, () => runPython(sandbox, 'import time; time.sleep(0.6)', { wall_seconds: 1.8 }));
      expect((await Promise.all(runs)).map(({ timed_out }) => timed_out)).toEqual(Array(8).fill(false));
    });

    it('turns down a file name that leads out before anything runs', async () => {
      const job = { files: { '../x.py': '' }, command: ['true'] };
      await expect(sandbox.run(job, new AbortController().signal)).rejects.toMatchObject({ kind: 'config' });
    });
  });
}

const missing = await missingFor('bubblewrap');
describe.skipIf(missing !== '')(`what only namespaces keep out${missing}`, () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await openSandbox({ type: 'bubblewrap', env: process.env });
  });

  it('has no network, not even the machine’s own', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    let connections = 0;
    server.on('connection', () => connections++);
    const { port } = server.address() as { port: number };
    const code = `
import socket
for address in (("127.0.0.1", ${port}), ("192.0.2.1", 80)):
    try:
        socket.create_connection(address, 2)
        print("connected")
    except OSError:
        print("refused")`;
    const outcome = await runPython(sandbox, code);
    server.close();
    expect(outcome.stdout).toBe('refused\nrefused\n');
    expect(connections).toBe(0);
  });

  it('sees no process but its own', async () => {
    const { stdout } = await runPython(sandbox, 'import os; print(len([p for p in os.listdir("/proc") if p.isdigit()]))');
    expect(Number(stdout)).toBeLessThanOrEqual(2);
  });

  it('sees nothing of the project and of the home directory', async () => {
    const code = `
import os
found = []
for place in ${JSON.stringify([process.cwd(), `${process.env.HOME}/.ssh`, `${process.env.HOME}/.bashrc`, '/var', '/etc/passwd', '/tmp/nel'])}:
    if os.path.exists(place): found.append(place)
print(found)`;
    expect((await runPython(sandbox, code)).stdout).toBe('[]\n');
  });

  it('holds the scratch directory as a whole at the file limit', async () => {
    const code = 'for i in range(64): open(str(i), "wb").write(bytes(1 << 20))';
    expect(await runPython(sandbox, code, { file_mb: 4 })).toMatchObject({ exit_code: 1, stderr: expect.stringContaining('Errno 28') });
  });

  it('gains no rights', async () => {
    const { stdout } = await runPython(
      sandbox,
      'print([l.split() for l in open("/proc/self/status") if l.startswith(("CapEff", "NoNewPrivs", "Uid"))])',
    );
    expect(stdout).toContain("['CapEff:', '0000000000000000']");
    expect(stdout).toContain("['NoNewPrivs:', '1']");
    expect(stdout).not.toContain("'Uid:', '0'");
  });

  it('is what a machine with it takes by itself', async () => {
    const chosen = await openSandbox({ type: null, env: process.env });
    expect(chosen.type).toBe('bubblewrap');
  });
});

const withoutLimits = await missingFor('process');
describe.skipIf(withoutLimits !== '')(`the scratch directory of process${withoutLimits}`, () => {
  it('is gone after the program, whatever it put there', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'nel-test-'));
    chmodSync(folder, 0o755);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = folder;
    try {
      const sandbox = await openSandbox({ type: 'process', env: process.env });
      const code = 'import os\nos.makedirs("a/b")\nopen("a/b/c", "w").write("x")\nos.chmod("a", 0)\nprint(os.getcwd())';
      const outcome = await runPython(sandbox, code);
      expect(outcome).toMatchObject({ exit_code: 0, stdout: expect.stringContaining(folder) });
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
      rmSync(folder, { recursive: true });
    }
  });
});
