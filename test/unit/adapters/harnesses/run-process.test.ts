import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { runHarnessProcess } from '../../../../src/adapters/harnesses/run-process.js';

const dir = mkdtempSync(path.join(tmpdir(), 'nel-harness-'));
afterAll(() => rmSync(dir, { recursive: true }));
let runs = 0;

/** A program in JavaScript, run by the harness's runner. */
function start(script: string, options: { args?: readonly string[]; stop?: AbortSignal } = {}) {
  const logFile = path.join(dir, `${runs++}.log`);
  const lines: string[] = [];
  const done = runHarnessProcess({
    tool: 'demo',
    file: process.execPath,
    args: ['-e', script, '--', ...(options.args ?? [])],
    env: { SETTING: 'on' },
    environment: { PATH: process.env['PATH'] ?? '', OPENAI_API_KEY: 'sk-very-secret-key' },
    cwd: dir,
    logFile,
    redact: (text) => text.replaceAll('sk-very-secret-key', '[redacted]'),
    onLine: (line) => lines.push(line),
    advice: (said) => (said.includes('no disk') ? 'Buy one.' : null),
    stop: options.stop ?? new AbortController().signal,
  });
  return { done, lines, log: () => readFileSync(logFile, 'utf8') };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie answers too: on Linux its state says so.
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (condition()) return;
    await delay(25);
  }
  throw new Error(`waited for ${what}`);
}

describe('a program that ends well', () => {
  it('gets its arguments as they are, its own settings and the environment, and nothing of ours', async () => {
    const { done, lines, log } = start(
      'console.log(JSON.stringify([process.argv.slice(1), process.env.SETTING, process.env.HOME ?? null]))',
      {
        args: ['--a b', '$HOME', '; ls'],
      },
    );
    await done;
    expect(JSON.parse(lines[0] ?? '')).toEqual([['--a b', '$HOME', '; ls'], 'on', null]);
    expect(log()).toContain('== ended with 0');
  });

  it('has no input to wait for', async () => {
    const { done } = start('process.stdin.on("end", () => console.log("no input")).resume()');
    await done;
  });
});

describe('a program that fails', () => {
  it('is an error with its last lines, cleaned of credentials', async () => {
    const { done, log } = start('console.error("bad key " + process.env.OPENAI_API_KEY); process.exit(3)');
    await expect(done).rejects.toMatchObject({
      kind: 'run',
      message: expect.stringMatching(/demo ended with code 3.*\n {2}bad key \[redacted\]/),
    });
    expect(log()).not.toContain('very-secret');
  });

  it('is told what to do about what it said', async () => {
    const { done } = start('console.error("there is no disk"); process.exit(1)');
    await expect(done).rejects.toMatchObject({ hint: expect.stringMatching(/^Buy one\.\nAll that it printed is in /) });
  });

  it('is an error when it was killed from outside', async () => {
    await expect(start('process.kill(process.pid, "SIGKILL")').done).rejects.toThrow(/was ended by signal 9/);
  });

  it('is an error when it does not exist', async () => {
    const missing = runHarnessProcess({
      tool: 'demo',
      file: '/nowhere/demo',
      args: [],
      env: {},
      environment: {},
      cwd: dir,
      logFile: path.join(dir, 'missing.log'),
      redact: (text) => text,
      onLine: () => undefined,
      advice: () => null,
      stop: new AbortController().signal,
    });
    await expect(missing).rejects.toThrow(/could not be started\n.*ENOENT/);
  });
});

describe('a program that is stopped', () => {
  it('ends with all that it started', async () => {
    const pids = path.join(dir, 'pids');
    const script = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      require('node:fs').writeFileSync(process.argv[1], process.pid + ' ' + child.pid);
      console.log('ready'); setInterval(() => {}, 1000);`;
    const stop = new AbortController();
    const { done, lines } = start(script, { args: [pids], stop: stop.signal });
    const ended = expect(done).rejects.toThrow('enough');
    await until('the program', () => lines.includes('ready'));
    stop.abort(new Error('enough'));
    await ended;
    const started = readFileSync(pids, 'utf8').split(' ').map(Number);
    await until('its processes to end', () => !started.some(isAlive));
  });

  it('ends although it does not listen to a TERM', { timeout: 30_000 }, async () => {
    const stop = new AbortController();
    const { done, lines } = start(
      `process.on('SIGTERM', () => console.log('no')); console.log(process.pid); setInterval(() => {}, 1000);`,
      {
        stop: stop.signal,
      },
    );
    const ended = expect(done).rejects.toThrow('enough');
    await until('the program', () => lines.length > 0);
    stop.abort(new Error('enough'));
    await ended;
    expect(isAlive(Number(lines[0]))).toBe(false);
  });

  it('is not started at all when the stop came first', async () => {
    const { done } = start('console.log(1)', { stop: AbortSignal.abort(new Error('before')) });
    await expect(done).rejects.toThrow('before');
  });
});

describe('a program whose worker is killed', () => {
  it('ends as well', async () => {
    const { spawn } = await import('node:child_process');
    const file = path.join(dir, 'pid');
    const program = `require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => {}, 1000);`;
    const { GUARD } = await import('../../../../src/adapters/harnesses/guard.js');
    const holder = path.join(dir, 'holder.cjs');
    writeFileSync(
      holder,
      `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(GUARD)}, '--', '500', process.execPath, '-e', ${JSON.stringify(program)}], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] }); setInterval(() => {}, 1000);`,
    );
    const worker = spawn(process.execPath, [holder], { stdio: 'ignore' });
    const pidOf = (): number => {
      try {
        return Number(readFileSync(file, 'utf8'));
      } catch {
        return 0;
      }
    };
    await until('the program', () => pidOf() > 0);
    const pid = pidOf();
    expect(isAlive(pid)).toBe(true);
    worker.kill('SIGKILL');
    await until('the program to end', () => !isAlive(pid));
  });
});
