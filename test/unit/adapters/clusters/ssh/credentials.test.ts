/** Key files that cannot log in, and what is said of them before any host is asked. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, describe, expect, it } from 'vitest';
import { loginOptions } from '../../../../../src/adapters/clusters/ssh/credentials.js';
import type { SshTarget } from '../../../../../src/core/cluster.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nel-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const target = (key_path: string): SshTarget => ({
  host: 'login.example',
  port: 22,
  user: 'ada',
  key_path,
  key_passphrase_env: null,
  agent: false,
  known_hosts: '/dev/null',
  fingerprint: null,
});

describe('a key file', () => {
  const keys = ssh2.utils.generateKeyPairSync('ed25519');
  const file = path.join(folder, 'id_ed25519');
  writeFileSync(file, keys.private);
  writeFileSync(`${file}.pub`, keys.public);

  it('is taken when it is a private key', async () => {
    expect(await loginOptions(target(file), {})).toEqual({ username: 'ada', privateKey: Buffer.from(keys.private) });
  });

  it('is named when it is the public one, with the private one that lies beside it', async () => {
    await expect(loginOptions(target(`${file}.pub`), {})).rejects.toMatchObject({
      kind: 'config',
      message: `the SSH key ${file}.pub is a public key`,
      hint: `Its private key is likely ${file}: name that in cluster.ssh.key_path.`,
    });
  });
});
