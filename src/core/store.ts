/** The port to a store of run directories outside this machine (`s3://bucket/prefix`), and which of its addresses and paths are taken. */

import { NelError } from './errors.js';

/** A file as the store has it. */
export interface StoredFile {
  /** Relative to the store's address, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Changes with the content: an ETag. */
  readonly tag: string;
}

/** What must hold for a write to happen: nothing stands at the path, or the version with this tag. */
export type WriteCondition = { readonly absent: true } | { readonly tag: string };

/**
 * Files below one address. Paths are relative to it.
 * All methods throw StoreUnavailable for what may pass, and NelError (kind `config`: credentials, bucket, rights) for what does not.
 */
export interface ArtifactStore {
  /** For messages: `s3://bucket/prefix`. */
  readonly address: string;
  /** Files whose paths start with `prefix`, sorted. Paths that could lead out of a folder are left out (see isSafePath). */
  list(prefix: string): Promise<readonly StoredFile[]>;
  /** A small file with its tag, or null. */
  readText(path: string): Promise<{ readonly text: string; readonly tag: string } | null>;
  /** Writes a small file. @returns its tag, or null when the condition does not hold */
  writeText(path: string, text: string, condition?: WriteCondition): Promise<string | null>;
  /** Copies to a local file, which appears whole; folders are made. @throws NelError of kind `data` when there is none */
  download(path: string, localFile: string): Promise<void>;
  /** Copies the first `bytes` of a local file; it appears in the store whole. */
  upload(localFile: string, path: string, bytes: number): Promise<void>;
  /** No error where there is none. */
  remove(path: string): Promise<void>;
  close(): void;
}

/** The store does not answer now, or asks for patience: try again later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export interface StoreAddress {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

const SCHEME = 's3://';
/** Rules of S3 for general purpose buckets, with the capitals and underscores that older buckets and other stores have. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/;
/** Safe in keys, URLs and file names alike. */
const PREFIX_SEGMENT = /^[A-Za-z0-9!_.*'()@=+,-]{1,255}$/;
/** Bytes of a key, by S3; what a run adds below its prefix is far shorter than the rest. */
const LONGEST_PREFIX = 700;

export function isStoreAddress(text: string): boolean {
  return /^s3:\/\//i.test(text);
}

/**
 * `s3://bucket/some/prefix`.
 * @throws NelError of kind `usage` that never repeats what could be a credential
 */
export function parseStoreAddress(text: string): StoreAddress {
  const [bucket = '', ...segments] = text.slice(SCHEME.length).replace(/\/+$/, '').split('/');
  const hint = 'An address looks like s3://bucket/folder. Credentials come from the environment, a profile or a role.';
  if (!isStoreAddress(text)) throw new NelError('usage', 'the address of a store starts with s3://', { hint });
  if (bucket.includes('@')) throw new NelError('usage', 'the address of a store holds a user name or a key', { hint });
  if (!BUCKET.test(bucket)) throw new NelError('usage', `${JSON.stringify(bucket)} is no name of a bucket`, { hint });
  const bad = segments.find((segment) => !PREFIX_SEGMENT.test(segment) || segment === '.' || segment === '..');
  if (bad !== undefined) {
    const shown = JSON.stringify(bad.replace(/[?#].*$/s, '?…'));
    throw new NelError('usage', `s3://${bucket}/…: ${shown} cannot be part of a folder's address`, {
      hint: 'Letters, digits and - _ . = + , are taken; no empty parts, no query.',
    });
  }
  const prefix = segments.join('/');
  if (prefix.length > LONGEST_PREFIX) throw new NelError('usage', `s3://${bucket}/…: longer than ${LONGEST_PREFIX} characters`);
  return { bucket, prefix };
}

/** The one way an address is written. @throws NelError of kind `usage` */
export function normalizeStoreAddress(text: string): string {
  const { bucket, prefix } = parseStoreAddress(text);
  return `${SCHEME}${bucket}${prefix === '' ? '' : `/${prefix}`}`;
}

/** An address further down: of a shard's folder in its run's. */
export function storeAddressBelow(address: string, folder: string): string {
  return `${address}/${folder}`;
}

/**
 * Whether a path of a store may become a path below a local folder. Others can write into a bucket: no step up, no hidden file, no
 * separator of another system, nothing that a file system would refuse.
 */
export function isSafePath(path: string): boolean {
  return path.length <= 1024 && path.split('/').every((segment) => /^[^.\\/\0-\x1f:][^\\/\0-\x1f:]{0,199}$/.test(segment));
}
