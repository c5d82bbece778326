/**
 * Encrypts every payload that Temporal stores when NEL_PAYLOAD_KEY is set (AES-256-GCM): a second wall behind the rule that
 * no secret, prompt or answer is put into one. Client and workers must hold the same key.
 */

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { NelError } from '../core/errors.js';

const ENCODING = Buffer.from('binary/encrypted-aes-256-gcm');
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MIN_KEY_LENGTH = 16;

/**
 * @param secret the value of NEL_PAYLOAD_KEY, 16 characters or more; the AES key is its SHA-256
 * @throws NelError of kind `config` for a shorter one, without repeating it
 */
export function createPayloadCodec(secret: string): PayloadCodec {
  if (secret.length < MIN_KEY_LENGTH) {
    throw new NelError('config', `NEL_PAYLOAD_KEY has fewer than ${MIN_KEY_LENGTH} characters`, {
      hint: 'make one with: openssl rand -base64 32',
    });
  }
  const key = createHash('sha256').update(secret).digest();
  return {
    async encode(payloads: Payload[]): Promise<Payload[]> {
      return payloads.map((payload) => ({ metadata: { encoding: ENCODING }, data: seal(key, serialize(payload)) }));
    },
    async decode(payloads: Payload[]): Promise<Payload[]> {
      return payloads.map((payload) => (isEncrypted(payload) ? deserialize(unseal(key, payload.data ?? new Uint8Array())) : payload));
    },
  };
}

function isEncrypted(payload: Payload): boolean {
  const encoding = payload.metadata?.['encoding'];
  return encoding !== undefined && encoding !== null && ENCODING.equals(encoding);
}

function seal(key: Buffer, plain: Buffer): Uint8Array {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

function unseal(key: Buffer, bytes: Uint8Array): Buffer {
  const sealed = Buffer.from(bytes);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES));
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw new NelError('config', 'a payload in Temporal cannot be decrypted with this NEL_PAYLOAD_KEY', {
      hint: 'set the key that the run was started with',
      cause: error,
    });
  }
}

interface SerializedPayload {
  readonly metadata: Readonly<Record<string, string>>;
  readonly data: string;
}

function serialize(payload: Payload): Buffer {
  const metadata = Object.fromEntries(
    Object.entries(payload.metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  );
  const plain: SerializedPayload = { metadata, data: Buffer.from(payload.data ?? new Uint8Array()).toString('base64') };
  return Buffer.from(JSON.stringify(plain));
}

function deserialize(plain: Buffer): Payload {
  const { metadata, data } = JSON.parse(plain.toString('utf8')) as SerializedPayload;
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
    data: Buffer.from(data, 'base64'),
  };
}
