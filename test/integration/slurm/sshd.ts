/** An sshd of the test's own on a free port, with keys of every kind, and a door in front of it that can be slammed. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SshTarget } from '../../../src/core/cluster.js';

/** sshd insists on being called by its full path. */
const SSHD = ['/usr/sbin/sshd', '/usr/bin/sshd', '/usr/local/sbin/sshd'].find((file) => existsSync(file));
export const hasSshd = SSHD !== undefined && spawnSync('ssh-keygen', ['-?']).error === undefined;

export const PASSPHRASE = 'correct horse';

export interface TestSshd {
  readonly folder: string;
  /** Through the door, with the plain key and known_hosts. */
  readonly target: SshTarget;
  readonly fingerprint: string;
  key(name: 'plain' | 'encrypted' | 'stranger'): string;
  /** Starts and stops the server; connections that are open end with it. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Cuts every connection once that many bytes have gone towards the server (or come from it); once. */
  cutAfter(bytes: number, direction: 'up' | 'down'): void;
  connections(): number;
  /** A new host key from the next start on. */
  changeHostKey(): void;
  close(): Promise<void>;
}

export async function startSshd(options: { readonly maxSessions?: number } = {}): Promise<TestSshd> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nel-sshd-'));
  const file = (name: string): string => path.join(folder, name);
  for (const [name, passphrase] of [
    ['host', ''],
    ['plain', ''],
    ['encrypted', PASSPHRASE],
    ['stranger', ''],
  ] as const) {
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', file(name)]);
  }
  writeFileSync(file('authorized_keys'), readFileSync(file('plain.pub'), 'utf8') + readFileSync(file('encrypted.pub'), 'utf8'), {
    mode: 0o600,
  });
  const serverPort = await freePort();
  const door = await openDoor(serverPort);
  writeFileSync(
    file('sshd_config'),
    [
      `ListenAddress 127.0.0.1:${serverPort}`,
      `HostKey ${file('host')}`,
      `PidFile ${file('sshd.pid')}`,
      `AuthorizedKeysFile ${file('authorized_keys')}`,
      `MaxSessions ${options.maxSessions ?? 10}`,
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'UsePAM no',
      'StrictModes no',
      'Subsystem sftp internal-sftp',
      // Nobody's profile, whoever runs the tests.
      `SetEnv HOME=${folder}`,
      '',
    ].join('\n'),
  );
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  writeFileSync(file('known_hosts'), `[127.0.0.1]:${door.port} ${hostKeyOf(file('host.pub'))}\n`);
  let server: ChildProcess | null = null;
  const stop = async (): Promise<void> => {
    if (server === null) return;
    const ended = new Promise((resolve) => server?.once('close', resolve));
    server.kill('SIGTERM');
    await ended;
    server = null;
    door.slam();
  };
  const start = async (): Promise<void> => {
    server = spawn(SSHD as string, ['-D', '-f', file('sshd_config'), '-E', file('sshd.log')], { stdio: 'ignore' });
    await eventually(() => reaches(serverPort));
  };
  await start();
  return {
    folder,
    fingerprint: fingerprint(file('host.pub')),
    target: {
      host: '127.0.0.1',
      port: door.port,
      user: os.userInfo().username,
      key_path: file('plain'),
      key_passphrase_env: null,
      agent: false,
      known_hosts: file('known_hosts'),
      fingerprint: null,
    },
    key: (name) => file(name),
    start,
    stop,
    cutAfter: door.cutAfter,
    connections: door.connections,
    changeHostKey: () => {
      for (const name of ['host', 'host.pub']) rmSync(file(name));
      spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('host')]);
    },
    close: async () => {
      await stop();
      await door.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const hostKeyOf = (file: string): string => readFileSync(file, 'utf8').split(' ').slice(0, 2).join(' ').trim();

export function fingerprint(publicKey: string): string {
  return spawnSync('ssh-keygen', ['-lf', publicKey], { encoding: 'utf8' }).stdout.split(' ')[1] as string;
}

export async function eventually(check: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > end) throw new Error('it does not come to that');
    await sleep(50);
  }
}

function reaches(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

async function openDoor(serverPort: number) {
  const pairs = new Set<readonly [net.Socket, net.Socket]>();
  let budget: { bytes: number; readonly direction: 'up' | 'down' } | null = null;
  const slam = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    pairs.clear();
  };
  const spend = (direction: 'up' | 'down', bytes: number): void => {
    if (budget === null || budget.direction !== direction) return;
    budget.bytes -= bytes;
    if (budget.bytes > 0) return;
    budget = null;
    slam();
  };
  const door = net.createServer((outside) => {
    const inside = net.connect(serverPort, '127.0.0.1');
    const pair = [outside, inside] as const;
    pairs.add(pair);
    outside.on('data', (data: Buffer) => {
      inside.write(data);
      spend('up', data.length);
    });
    inside.on('data', (data: Buffer) => {
      outside.write(data);
      spend('down', data.length);
    });
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const other of pair) other.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  return {
    port: (door.address() as net.AddressInfo).port,
    slam,
    cutAfter: (bytes: number, direction: 'up' | 'down'): void => {
      budget = { bytes, direction };
    },
    connections: (): number => pairs.size,
    close: async (): Promise<void> => {
      slam();
      await new Promise((resolve) => door.close(resolve));
    },
  };
}
