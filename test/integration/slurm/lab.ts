/** The Slurm lab (test/labs/slurm) as tests use it: started once a file, with ports of its own, and thrown away. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { SshTarget } from '../../../src/core/cluster.js';

const SCRIPTS = path.resolve(import.meta.dirname, '../../labs/slurm');
const FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
const PROGRAMS = ['munged', 'mariadbd', 'mariadb-install-db', 'slurmdbd', 'slurmctld', 'slurmd', 'sbatch', 'sshd', 'ssh-keygen'];

export const hasSlurm = PROGRAMS.every((program) => FOLDERS.some((folder) => existsSync(path.join(folder, program))));

export interface SlurmLab {
  readonly folder: string;
  readonly ssh: SshTarget;
  /** What a shell on this machine needs to find it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs one of Slurm's programs as its administrator. */
  admin(program: string, ...args: readonly string[]): string;
  /** Ends sshd and all its connections. */
  stopSshd(): void;
  /** Starts what is not running. */
  repair(): void;
  close(): void;
}

export function startSlurmLab(): SlurmLab {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nel-slurm-'));
  const env = {
    ...process.env,
    NEL_SLURM_LAB: folder,
    // Below the range from which outgoing connections take their ports.
    NEL_SLURM_LAB_PORT: String(20_000 + (process.pid % 500) * 20),
    SLURM_CONF: path.join(folder, 'etc/slurm.conf'),
  };
  const script = (name: string, ...args: readonly string[]): void => {
    const { status, stderr } = spawnSync(path.join(SCRIPTS, name), args, { env, encoding: 'utf8', timeout: 90_000 });
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
  };
  script('up.sh');
  const facts = new Map(
    readFileSync(path.join(folder, 'lab.env'), 'utf8')
      .split('\n')
      .map((line) => line.split('=', 2) as [string, string]),
  );
  const fact = (name: string): string => facts.get(name) as string;
  return {
    folder,
    env,
    ssh: {
      host: fact('SSH_HOST'),
      port: Number(fact('SSH_PORT')),
      user: fact('SSH_USER'),
      key_path: fact('SSH_KEY'),
      key_passphrase_env: null,
      agent: false,
      known_hosts: fact('SSH_KNOWN_HOSTS'),
      fingerprint: null,
    },
    admin: (program, ...args) => execFileSync(program, args, { env, encoding: 'utf8' }),
    stopSshd: () => {
      const pid = readFileSync(path.join(folder, 'run/sshd.pid'), 'utf8').trim();
      const sessions = spawnSync('ps', ['-o', 'pid=', '--ppid', pid], { encoding: 'utf8' }).stdout.split(/\s+/).filter(Boolean);
      for (const process_ of [pid, ...sessions]) {
        try {
          process.kill(Number(process_), 'SIGTERM');
        } catch {
          // It ended by itself.
        }
      }
    },
    repair: () => script('up.sh'),
    close: () => script('down.sh', '--purge'),
  };
}
