/** Decides whether a server's host key is the one that it should have: a pinned fingerprint, or OpenSSH's known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** One key line of a known_hosts file. Lines of certificate authorities are left out: ssh2 has no host certificates. */
export interface KnownHostKey {
  readonly revoked: boolean;
  /** Comma-separated patterns, or one hashed name. */
  readonly hosts: string;
  /** `ssh-ed25519`, … */
  readonly type: string;
  /** Base64. */
  readonly key: string;
}

export type HostKeyVerdict =
  | { readonly kind: 'trusted' }
  /** `known`: fingerprints that the host should have had, with their types. */
  | { readonly kind: 'changed'; readonly fingerprint: string; readonly known: readonly string[] }
  | { readonly kind: 'unknown'; readonly fingerprint: string }
  | { readonly kind: 'revoked'; readonly fingerprint: string };

/** `SHA256:…` as ssh-keygen -l prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a key blob (RFC 4253, section 6.6) names: its first string. */
export function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return length > 0 && length <= 64 && length <= key.length - 4 ? key.toString('latin1', 4, 4 + length) : 'unknown';
}

export function parseKnownHosts(text: string): readonly KnownHostKey[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const words = line.trim().split(/[ \t]+/);
    const marker = words[0]?.startsWith('@') === true ? words.shift() : null;
    const [hosts, type, key] = words;
    if (hosts === undefined || hosts.startsWith('#') || type === undefined || key === undefined) return [];
    if (marker !== null && marker !== '@revoked') return [];
    return [{ revoked: marker === '@revoked', hosts, type, key }];
  });
}

/** The name that a host goes by in known_hosts: `[host]:port` unless the port is 22. */
export function knownHostName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

function matchesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) {
    const [salt, hash] = hosts.slice(3).split('|');
    if (salt === undefined || hash === undefined) return false;
    const expected = Buffer.from(hash, 'base64');
    const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  }
  let matched = false;
  for (const raw of hosts.split(',')) {
    const negated = raw.startsWith('!');
    if (matchesPattern(name, (negated ? raw.slice(1) : raw).toLowerCase())) {
      // One negated match undoes all others of the line.
      if (negated) return false;
      matched = true;
    }
  }
  return matched;
}

/** `*` and `?`; in time linear in both (a star is retried from the last one only). */
function matchesPattern(name: string, pattern: string): boolean {
  let n = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      n++;
      p++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** What is known of a host, the revoked keys included. */
export function keysOfHost(known: readonly KnownHostKey[], host: string, port: number): readonly KnownHostKey[] {
  const name = knownHostName(host, port);
  return known.filter(({ hosts }) => matchesHost(hosts, name));
}

/** Judges a key against known_hosts. A host that is known by another key is `changed`, also if the type differs: nobody vouches for this one. */
export function judgeByKnownHosts(
  known: readonly KnownHostKey[],
  server: { readonly host: string; readonly port: number; readonly key: Buffer },
): HostKeyVerdict {
  const fingerprint = fingerprintOf(server.key);
  const lines = keysOfHost(known, server.host, server.port);
  const same = lines.filter(({ key }) => Buffer.from(key, 'base64').equals(server.key));
  if (same.some(({ revoked }) => revoked)) return { kind: 'revoked', fingerprint };
  if (same.length > 0) return { kind: 'trusted' };
  const others = lines.filter(({ revoked }) => !revoked);
  if (others.length === 0) return { kind: 'unknown', fingerprint };
  return { kind: 'changed', fingerprint, known: others.map(({ key, type }) => `${fingerprintOf(Buffer.from(key, 'base64'))} (${type})`) };
}

/** Judges a key against a pinned fingerprint. */
export function judgeByFingerprint(pinned: string, key: Buffer): HostKeyVerdict {
  const fingerprint = fingerprintOf(key);
  return pinned.replace(/=+$/, '') === fingerprint ? { kind: 'trusted' } : { kind: 'changed', fingerprint, known: [pinned] };
}
