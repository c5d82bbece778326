/** Host keys against known_hosts lines: plain, with a port, hashed, with patterns, revoked. */

import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  fingerprintOf,
  judgeByFingerprint,
  judgeByKnownHosts,
  keysOfHost,
  keyType,
  parseKnownHosts,
} from '../../../../../src/adapters/clusters/ssh/known-hosts.js';

/** A key blob of that type: its name, then bytes. */
function blob(type: string, fill: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.alloc(36, fill)]);
}
const ED = blob('ssh-ed25519', 1);
const OTHER = blob('ssh-ed25519', 2);
const RSA = blob('ssh-rsa', 3);
const line = (hosts: string, key: Buffer, marker = ''): string => `${marker}${hosts} ${keyType(key)} ${key.toString('base64')} a comment\n`;
const judge = (text: string, key: Buffer, host = 'login.example.org', port = 22) =>
  judgeByKnownHosts(parseKnownHosts(text), { host, port, key });
const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;

describe('judgeByKnownHosts', () => {
  it('trusts a key that stands under the name of the host', () => {
    expect(judge(line('login.example.org,10.0.0.1', ED), ED)).toEqual({ kind: 'trusted' });
    expect(judge(line('login.example.org', ED), ED, 'LOGIN.example.org')).toEqual({ kind: 'trusted' });
  });

  it('does not know a host that no line names, and shows its fingerprint', () => {
    const fingerprint = `SHA256:${createHash('sha256').update(ED).digest('base64').slice(0, 43)}`;
    expect(judge('# a comment\n\nnot a line\n', ED)).toEqual({ kind: 'unknown', fingerprint });
    expect(judge(line('login', ED), ED)).toEqual({ kind: 'unknown', fingerprint });
  });

  it('calls another key changed, and shows both fingerprints', () => {
    expect(judge(line('login.example.org', ED), OTHER)).toEqual({
      kind: 'changed',
      fingerprint: fingerprintOf(OTHER),
      known: [`${fingerprintOf(ED)} (ssh-ed25519)`],
    });
  });

  it('calls a key of another type changed: nobody vouches for it', () => {
    expect(judge(line('login.example.org', RSA), ED).kind).toBe('changed');
  });

  it('takes a port other than 22 only in brackets', () => {
    expect(judge(line('[login.example.org]:2222', ED), ED, 'login.example.org', 2222).kind).toBe('trusted');
    expect(judge(line('login.example.org', ED), ED, 'login.example.org', 2222).kind).toBe('unknown');
    expect(judge(line('[login.example.org]:2222', ED), ED).kind).toBe('unknown');
  });

  it('follows * and ? and undoes a line by a negated pattern', () => {
    expect(judge(line('*.example.org', ED), ED).kind).toBe('trusted');
    expect(judge(line('log?n.example.org', ED), ED).kind).toBe('trusted');
    expect(judge(line('*.example.org,!login.example.org', ED), ED).kind).toBe('unknown');
  });

  it('refuses a revoked key even if another line trusts it', () => {
    expect(judge(line('*', ED, '@revoked ') + line('login.example.org', ED), ED)).toEqual({
      kind: 'revoked',
      fingerprint: fingerprintOf(ED),
    });
    expect(judge(line('*', OTHER, '@revoked ') + line('login.example.org', ED), ED)).toEqual({ kind: 'trusted' });
  });

  it('does not take a certificate authority for a host key', () => {
    expect(judge(line('*', ED, '@cert-authority '), ED).kind).toBe('unknown');
  });

  it.skipIf(!hasKeygen)('reads names that ssh-keygen -H hashed (install openssh-client)', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'nel-known-'));
    const file = path.join(folder, 'known_hosts');
    const key = path.join(folder, 'key');
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const [type, base64] = readFileSync(`${key}.pub`, 'utf8').split(' ') as [string, string];
    writeFileSync(file, `[login.example.org]:2222 ${type} ${base64}\nplain.example.org ${type} ${base64}\n`);
    spawnSync('ssh-keygen', ['-H', '-f', file]);
    const text = readFileSync(file, 'utf8');
    const blobOfKey = Buffer.from(base64, 'base64');
    const shown = spawnSync('ssh-keygen', ['-lf', `${key}.pub`], { encoding: 'utf8' }).stdout.split(' ')[1];
    rmSync(folder, { recursive: true });
    expect(text).not.toContain('example.org');
    expect(judge(text, blobOfKey, 'login.example.org', 2222)).toEqual({ kind: 'trusted' });
    expect(judge(text, blobOfKey, 'plain.example.org')).toEqual({ kind: 'trusted' });
    expect(judge(text, blobOfKey, 'other.example.org').kind).toBe('unknown');
    expect(fingerprintOf(blobOfKey)).toBe(shown);
  });

  it('matches hostile patterns in no time', () => {
    const hosts = `${'*a'.repeat(5000)}b`;
    const started = performance.now();
    expect(judge(line(hosts, ED), ED, 'a'.repeat(250)).kind).toBe('unknown');
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('keysOfHost', () => {
  it('gives the types to ask the server for', () => {
    const known = parseKnownHosts(line('a', RSA) + line('a,b', ED) + line('c', OTHER));
    expect(keysOfHost(known, 'a', 22).map(({ type }) => type)).toEqual(['ssh-rsa', 'ssh-ed25519']);
  });
});

describe('judgeByFingerprint', () => {
  it('trusts the pinned key only', () => {
    expect(judgeByFingerprint(fingerprintOf(ED), ED)).toEqual({ kind: 'trusted' });
    expect(judgeByFingerprint(`${fingerprintOf(ED)}=`, ED)).toEqual({ kind: 'trusted' });
    expect(judgeByFingerprint(fingerprintOf(ED), OTHER)).toEqual({
      kind: 'changed',
      fingerprint: fingerprintOf(OTHER),
      known: [fingerprintOf(ED)],
    });
  });
});

describe('keyType', () => {
  it('does not trust the length in a blob', () => {
    expect(keyType(Buffer.alloc(0))).toBe('unknown');
    expect(keyType(Buffer.from([255, 255, 255, 255, 1]))).toBe('unknown');
    expect(keyType(randomBytes(3))).toBe('unknown');
  });
});
