/** Who we are to a login node, and how it must prove who it is: key files, the agent, known_hosts; read anew at every connection. */

import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import ssh2, { type ConnectConfig } from 'ssh2';
import type { SshTarget } from '../../../core/cluster.js';
import { errorMessage, NelError } from '../../../core/errors.js';
import { type HostKeyVerdict, judgeByFingerprint, judgeByKnownHosts, keysOfHost, keyType, parseKnownHosts } from './known-hosts.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** `~/x` → below this user's home directory. */
export function expandHome(file: string): string {
  return file.startsWith('~/') ? path.join(os.homedir(), file.slice(2)) : file;
}

/** The parts of ssh2's options that log in. @throws NelError that says what to do, and never holds key or passphrase */
export async function loginOptions(
  target: SshTarget,
  env: Environment,
): Promise<Pick<ConnectConfig, 'username' | 'privateKey' | 'passphrase' | 'agent'>> {
  const key = target.key_path === null ? {} : await readKey(target.key_path, target.key_passphrase_env, env);
  const socket = typeof target.agent === 'string' ? expandHome(target.agent) : target.agent ? env['SSH_AUTH_SOCK'] : undefined;
  if (target.agent === true && socket === undefined && target.key_path === null) {
    throw new NelError('config', 'no SSH agent is running: SSH_AUTH_SOCK is not set', {
      hint: 'Start one (ssh-agent, ssh-add), or set cluster.ssh.key_path.',
    });
  }
  if (socket === undefined && target.key_path === null) {
    throw new NelError('config', `no way to log in to ${target.host} is given`, { hint: 'Set cluster.ssh.key_path or cluster.ssh.agent.' });
  }
  return { username: target.user, ...key, ...(socket === undefined ? {} : { agent: socket }) };
}

async function readKey(
  keyPath: string,
  passphraseEnv: string | null,
  env: Environment,
): Promise<{ privateKey: Buffer; passphrase?: string }> {
  const file = expandHome(keyPath);
  const privateKey = await readFile(file).catch((error: unknown) => {
    throw new NelError('config', `the SSH key ${file} cannot be read: ${errorMessage(error)}`, { hint: 'Check cluster.ssh.key_path.' });
  });
  const passphrase = passphraseEnv === null ? undefined : env[passphraseEnv];
  const parsed = ssh2.utils.parseKey(privateKey, passphrase);
  if (!(parsed instanceof Error) && !parsed.isPrivateKey()) {
    throw new NelError('config', `the SSH key ${file} is a public key`, {
      hint: file.endsWith('.pub')
        ? `Its private key is likely ${file.slice(0, -4)}: name that in cluster.ssh.key_path.`
        : 'Name the private key in cluster.ssh.key_path.',
    });
  }
  if (!(parsed instanceof Error)) return { privateKey, ...(passphrase === undefined ? {} : { passphrase }) };
  if (/no passphrase given|encrypted/i.test(parsed.message) && passphrase === undefined) {
    throw new NelError('config', `the SSH key ${file} is encrypted`, {
      hint:
        passphraseEnv === null
          ? 'Name the environment variable with its passphrase in cluster.ssh.key_passphrase_env, or add it to an agent.'
          : `Set ${passphraseEnv} to its passphrase.`,
    });
  }
  throw new NelError(
    'config',
    `the SSH key ${file} cannot be used${passphrase === undefined ? '' : `, or the passphrase in ${passphraseEnv} is wrong`}`,
    {
      hint: 'It must be a private key in the form of OpenSSH, PEM or PPK.',
    },
  );
}

/** Judges a server's key, and says which types of key to ask for first. */
export interface HostKeyCheck {
  judge(key: Buffer): HostKeyVerdict;
  /** Types that known_hosts has of this host; empty when any will do. */
  readonly types: readonly string[];
}

/** @throws NelError when there is nothing to check with: a host key is never taken on trust */
export async function hostKeyCheck({ host, port, fingerprint, known_hosts }: SshTarget): Promise<HostKeyCheck> {
  if (fingerprint !== null) {
    if (!/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(fingerprint)) {
      throw new NelError('config', `cluster.ssh.fingerprint is not a SHA-256 fingerprint: ${fingerprint}`, {
        hint: 'It looks like SHA256: and 43 characters; `ssh-keygen -lf` prints it.',
      });
    }
    return { judge: (key) => judgeByFingerprint(fingerprint, key), types: [] };
  }
  const file = expandHome(known_hosts);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // Without the file the host is unknown, and the error about that shows its fingerprint.
    if (error.code === 'ENOENT') return '';
    throw new NelError('config', `${file} cannot be read: ${error.message}`, { hint: 'Check cluster.ssh.known_hosts.' });
  });
  const known = parseKnownHosts(text);
  return {
    judge: (key) => judgeByKnownHosts(known, { host, port, key }),
    types: [...new Set(keysOfHost(known, host, port).flatMap(({ revoked, type }) => (revoked ? [] : [type])))],
  };
}

/** The error about a host key that is not trusted. */
export function hostKeyError(target: SshTarget, key: Buffer, verdict: Exclude<HostKeyVerdict, { kind: 'trusted' }>): NelError {
  const where = `${target.host}:${target.port}`;
  const shown = `${verdict.fingerprint} (${keyType(key)})`;
  switch (verdict.kind) {
    case 'unknown':
      return new NelError('config', `the host key of ${where} is not known: it shows ${shown}`, {
        hint: `If your administrator confirms that fingerprint, connect once with ssh so that it is added to ${target.known_hosts}, or set cluster.ssh.fingerprint to it.`,
      });
    case 'changed':
      return new NelError(
        'config',
        `the host key of ${where} is not the expected one: it shows ${shown}, expected was ${verdict.known.join(' or ')}`,
        {
          hint: 'Someone may be intercepting the connection, or the host was set up anew. Ask your administrator before you change known_hosts or cluster.ssh.fingerprint.',
        },
      );
    case 'revoked':
      return new NelError('config', `the host key of ${where} is revoked: ${shown}`, {
        hint: `It is marked @revoked in ${target.known_hosts}. Ask your administrator.`,
      });
  }
}
