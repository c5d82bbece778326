/** The shell on a login node against a real sshd: who it trusts, how it logs in, what it does when the connection breaks. */

import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLocalShell } from '../../../src/adapters/clusters/local/shell.js';
import { createSshShell } from '../../../src/adapters/clusters/ssh/shell.js';
import { type ClusterShell, ClusterUnreachable, type SshTarget } from '../../../src/core/cluster.js';
import { NelError } from '../../../src/core/errors.js';
import { eventually, fingerprint, hasSshd, PASSPHRASE, startSshd, type TestSshd } from './sshd.js';

const MB = 1024 * 1024;
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

describe.skipIf(!hasSshd)('a login node over SSH (install openssh-server openssh-client)', () => {
  let sshd: TestSshd;
  let work: string;
  const open: ClusterShell[] = [];
  const shellTo = (change: Partial<SshTarget> = {}, env: Record<string, string> = {}, patienceMs = 30_000): ClusterShell => {
    const shell = createSshShell({ ...sshd.target, ...change }, { env, patienceMs });
    open.push(shell);
    return shell;
  };

  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.close());
  beforeEach(() => {
    work = path.join(sshd.folder, `work-${randomBytes(4).toString('hex')}`);
    mkdirSync(work);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((shell) => shell.close()));
  });

  describe('host keys', () => {
    it('trusts the key in known_hosts, and the pinned one', async () => {
      expect((await shellTo().run(['true'])).code).toBe(0);
      expect((await shellTo({ known_hosts: '/dev/null', fingerprint: sshd.fingerprint }).run(['true'])).code).toBe(0);
    });

    it('refuses an unknown host and shows its fingerprint', async () => {
      const error = await shellTo({ known_hosts: path.join(work, 'none') })
        .run(['true'])
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NelError);
      expect((error as NelError).message).toContain(`is not known: it shows ${sshd.fingerprint} (ssh-ed25519)`);
      expect((error as NelError).hint).toContain('cluster.ssh.fingerprint');
    });

    it('refuses a changed key and shows both fingerprints', async () => {
      const other = fingerprint(`${sshd.key('stranger')}.pub`);
      const known = path.join(work, 'known_hosts');
      writeFileSync(known, `[127.0.0.1]:${sshd.target.port} ${readFileSync(`${sshd.key('stranger')}.pub`, 'utf8')}`);
      const error = await shellTo({ known_hosts: known })
        .run(['true'])
        .catch((thrown: unknown) => thrown);
      expect((error as NelError).message).toContain(`it shows ${sshd.fingerprint} (ssh-ed25519), expected was ${other}`);
      const pinned = await shellTo({ fingerprint: other })
        .run(['true'])
        .catch((thrown: unknown) => thrown);
      expect((pinned as NelError).message).toContain(`expected was ${other}`);
    });

    it('refuses a revoked key', async () => {
      const known = path.join(work, 'known_hosts');
      const line = readFileSync(sshd.target.known_hosts, 'utf8');
      writeFileSync(known, `${line}@revoked * ${line.split(' ').slice(1).join(' ')}`);
      await expect(shellTo({ known_hosts: known }).run(['true'])).rejects.toThrow(`is revoked: ${sshd.fingerprint}`);
    });

    it('checks again at every connection: a host that changes in mid-run is refused', async () => {
      const own = await startSshd();
      try {
        const shell = createSshShell(own.target, { env: {}, patienceMs: 10_000 });
        open.push(shell);
        expect((await shell.run(['true'])).code).toBe(0);
        await own.stop();
        own.changeHostKey();
        await own.start();
        await expect(shell.run(['true'])).rejects.toThrow('is not the expected one');
      } finally {
        await own.close();
      }
    });
  });

  describe('logging in', () => {
    it('opens an encrypted key with the passphrase of a named variable', async () => {
      const change = { key_path: sshd.key('encrypted'), key_passphrase_env: 'KEY_WORD' };
      expect((await shellTo(change, { KEY_WORD: PASSPHRASE }).run(['true'])).code).toBe(0);
    });

    it('says what is wrong with an encrypted key, and never its passphrase', async () => {
      const key_path = sshd.key('encrypted');
      await expect(shellTo({ key_path }).run(['true'])).rejects.toThrow('is encrypted');
      await expect(shellTo({ key_path, key_passphrase_env: 'KEY_WORD' }).run(['true'])).rejects.toThrow('is encrypted');
      const wrong = await shellTo({ key_path, key_passphrase_env: 'KEY_WORD' }, { KEY_WORD: 'wrong-word-1' })
        .run(['true'])
        .catch((thrown: unknown) => thrown);
      expect(wrong).toBeInstanceOf(NelError);
      expect((wrong as NelError).message).toContain('passphrase in KEY_WORD is wrong');
      expect(JSON.stringify(wrong) + String(wrong)).not.toContain('wrong-word-1');
    });

    it('takes keys from an agent', async () => {
      const socket = path.join(work, 'agent');
      const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
      try {
        await eventually(() => existsSync(socket));
        spawnSync('ssh-add', ['-q', sshd.key('plain')], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
        expect((await shellTo({ key_path: null, agent: true }, { SSH_AUTH_SOCK: socket }).run(['true'])).code).toBe(0);
        expect((await shellTo({ key_path: null, agent: socket }).run(['true'])).code).toBe(0);
      } finally {
        agent.kill();
      }
      await expect(shellTo({ key_path: null, agent: true }).run(['true'])).rejects.toThrow('SSH_AUTH_SOCK is not set');
    });

    it('ends at once for an agent that is gone, and for one with more keys than the server listens to', async () => {
      const socket = path.join(work, 'agent');
      const gone = { key_path: null, agent: socket };
      await expect(shellTo(gone).run(['true'])).rejects.toMatchObject({
        name: 'NelError',
        message: expect.stringMatching(/the SSH agent .* does not answer/),
      });
      const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
      try {
        await eventually(() => existsSync(socket));
        for (let i = 0; i < 12; i++) {
          const key = path.join(work, `key-${i}`);
          spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
          spawnSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
        }
        await expect(shellTo(gone).run(['true'])).rejects.toMatchObject({
          name: 'NelError',
          message: expect.stringContaining('was offered more keys than it listens to'),
        });
      } finally {
        agent.kill();
      }
    });

    it('ends at once for a key that the server does not take', async () => {
      const started = performance.now();
      await expect(shellTo({ key_path: sshd.key('stranger') }).run(['true'])).rejects.toThrow('accepts none of the keys');
      expect(performance.now() - started).toBeLessThan(10_000);
    });
  });

  describe('commands', () => {
    it('hand on arguments, input, both outputs and the exit code', async () => {
      const script = 'cat; printf "%s|" "$@" >&2; exit 7';
      expect(await shellTo().run(['bash', '-c', script, 'x', "a 'b\n$c", '', '-n', '!é'], { stdin: 'input\n' })).toEqual({
        code: 7,
        stdout: 'input\n',
        stderr: "a 'b\n$c||-n|!é|",
      });
    });

    it('share one connection, and never more channels than the server allows', async () => {
      const shell = shellTo();
      const results = await Promise.all(
        Array.from({ length: 24 }, (_, i) => shell.run(['bash', '-c', 'sleep 0.2; echo "$1"', 'x', String(i)])),
      );
      expect(results.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 24 }, (_, i) => i));
      expect(sshd.connections()).toBe(1);
    });

    it('manage with a server that gives fewer channels', async () => {
      const own = await startSshd({ maxSessions: 2 });
      try {
        const shell = createSshShell(own.target, { env: {}, patienceMs: 30_000 });
        open.push(shell);
        const results = await Promise.all(Array.from({ length: 8 }, () => shell.run(['sleep', '0.1'])));
        expect(results.every(({ code }) => code === 0)).toBe(true);
      } finally {
        await own.close();
      }
    });

    it('end when they are aborted or take too long', async () => {
      const shell = shellTo({}, {}, 0);
      await expect(shell.run(['sleep', '30'], { signal: AbortSignal.timeout(1000) })).rejects.toThrow();
      await expect(shell.run(['sleep', '30'], { timeoutMs: 1000 })).rejects.toThrow(ClusterUnreachable);
    });

    it('wait while the server is away and go on when it is back', async () => {
      const shell = shellTo();
      await shell.run(['true']);
      await sshd.stop();
      const later = shell.run(['echo', 'back']);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await sshd.start();
      expect((await later).stdout).toBe('back\n');
    });

    it('say that the server is away when it stays away', async () => {
      const shell = shellTo({ port: 1 }, {}, 1500);
      await expect(shell.run(['true'])).rejects.toThrow(ClusterUnreachable);
    });

    it('are not run twice when that would matter and the connection broke', async () => {
      const shell = shellTo();
      await shell.run(['true']);
      const counter = path.join(work, 'count');
      const once = shell.run(['bash', '-c', `echo x >>"$1"; sleep 2`, 'x', counter], { repeatable: false });
      await eventually(() => existsSync(counter));
      await sshd.stop();
      await expect(once).rejects.toThrow(ClusterUnreachable);
      await sshd.start();
      expect(readFileSync(counter, 'utf8')).toBe('x\n');
    });
  });

  describe('files', () => {
    it('arrive whole after the connection broke in mid-upload, and only the rest is sent again', async () => {
      const data = randomBytes(24 * MB);
      const from = path.join(work, 'from');
      const to = path.join(work, 'deep/er/to');
      writeFileSync(from, data);
      const shell = shellTo();
      await shell.run(['true']);
      const seen: number[] = [];
      sshd.cutAfter(12 * MB, 'up');
      await shell.upload(from, to, { mode: 0o600, onProgress: (done) => seen.push(done) });
      expect(sha256(readFileSync(to))).toBe(sha256(data));
      expect(statSync(to).mode & 0o777).toBe(0o600);
      expect(readdirSync(path.dirname(to))).toEqual(['to']);
      // The progress falls back once, by no more than what was under way.
      const falls = seen.flatMap((done, i) => (i > 0 && done < (seen[i - 1] as number) ? [done] : []));
      expect(falls).toHaveLength(1);
      expect(falls[0]).toBeGreaterThan(8 * MB);
    });

    it('arrive whole after the connection broke in mid-download, and only the rest is fetched again', async () => {
      const data = randomBytes(24 * MB);
      const from = path.join(work, 'from');
      const to = path.join(work, 'deep/to');
      writeFileSync(from, data);
      const shell = shellTo();
      await shell.run(['true']);
      const seen: number[] = [];
      sshd.cutAfter(12 * MB, 'down');
      await shell.download(from, to, { onProgress: (done) => seen.push(done) });
      expect(sha256(readFileSync(to))).toBe(sha256(data));
      expect(readdirSync(path.dirname(to))).toEqual(['to']);
      const falls = seen.flatMap((done, i) => (i > 0 && done < (seen[i - 1] as number) ? [done] : []));
      expect(falls).toHaveLength(1);
      expect(falls[0]).toBeGreaterThan(8 * MB);
    });

    it('are started over when a part that lies there is of something else', async () => {
      const data = randomBytes(3 * MB);
      const [from, to] = [path.join(work, 'from'), path.join(work, 'to')];
      writeFileSync(from, data);
      writeFileSync(`${to}.part`, randomBytes(2 * MB));
      await shellTo().download(from, to);
      expect(sha256(readFileSync(to))).toBe(sha256(data));
    });

    it('are written from a text, with their mode, in place of what was there', async () => {
      const shell = shellTo();
      const to = path.join(work, "it's here/secret file");
      await shell.write('old', to);
      await shell.write('Zeile – 日本\n', to, { mode: 0o600 });
      expect(readFileSync(to, 'utf8')).toBe('Zeile – 日本\n');
      expect(statSync(to).mode & 0o777).toBe(0o600);
      expect(readdirSync(path.dirname(to))).toEqual(['secret file']);
      expect([await shell.exists(to), await shell.exists(`${to}x`)]).toEqual([true, false]);
    });

    it('are found below the home directory there', async () => {
      const shell = shellTo();
      await shell.write('x', '~/below home');
      expect(readFileSync(path.join(sshd.folder, 'below home'), 'utf8')).toBe('x');
      expect(await shell.exists('~/below home')).toBe(true);
    });

    it('are data errors when they are not there', async () => {
      const shell = shellTo();
      await expect(shell.download(path.join(work, 'no'), path.join(work, 'x'))).rejects.toThrow('there is no such file');
      await expect(shell.upload(path.join(work, 'no'), path.join(work, 'x'))).rejects.toThrow('there is no such file');
    });
  });

  it.each(['local', 'ssh'])('the %s shell lists files the same way, without links', async (kind) => {
    const shell = kind === 'ssh' ? shellTo() : createLocalShell();
    for (const name of ['b/2', 'b/line\nbreak', 'a']) {
      mkdirSync(path.dirname(path.join(work, name)), { recursive: true });
      writeFileSync(path.join(work, name), name);
    }
    symlinkSync('/etc/passwd', path.join(work, 'link'));
    expect(await shell.list(work)).toEqual([
      { path: 'a', size: 1 },
      { path: 'b/2', size: 3 },
      { path: 'b/line\nbreak', size: 12 },
    ]);
    expect(await shell.list(path.join(work, 'none'))).toEqual([]);
    rmSync(work, { recursive: true });
  });
});
