/** Encrypted payloads: nothing readable is stored, nothing forged is read. */

import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect, it } from 'vitest';
import { createPayloadCodec } from '../../../src/client/payload-codec.js';

const KEY = 'a key of more than sixteen characters';
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value) as Payload;
const text = ({ metadata, data }: Payload): string =>
  [...Object.values(metadata ?? {}), data ?? ''].map((bytes) => Buffer.from(bytes as Uint8Array).toString('latin1')).join('\n');

it('gives back what it was given, metadata and all, with nothing readable in between', async () => {
  const codec = createPayloadCodec(KEY);
  const plain = [payload({ run_dir: '/secret/place' }), payload(null), payload(new Uint8Array([0, 255, 10]))];
  const sealed = await codec.encode(plain);
  expect(sealed.map(text).join('\n')).not.toMatch(/secret|run_dir|json\/plain/);
  const opened = await codec.decode(sealed);
  expect(opened.map((p) => defaultPayloadConverter.fromPayload(p))).toEqual([
    { run_dir: '/secret/place' },
    null,
    new Uint8Array([0, 255, 10]),
  ]);
  expect(opened.map(({ metadata }) => Object.keys(metadata ?? {}))).toEqual(plain.map(({ metadata }) => Object.keys(metadata ?? {})));
});

it('never seals the same payload the same way twice', async () => {
  const codec = createPayloadCodec(KEY);
  const [a, b] = await codec.encode([payload('x'), payload('x')]);
  expect(text(a as Payload)).not.toBe(text(b as Payload));
});

it('passes on what was stored before there was a key', async () => {
  const plain = payload('old');
  expect(await createPayloadCodec(KEY).decode([plain])).toEqual([plain]);
});

it('refuses another key and any changed byte, saying what to set', async () => {
  const [sealed] = (await createPayloadCodec(KEY).encode([payload('x')])) as [Payload];
  const refused = { name: 'NelError', kind: 'config', message: expect.stringContaining('NEL_PAYLOAD_KEY') };
  await expect(createPayloadCodec(`${KEY}!`).decode([sealed])).rejects.toMatchObject(refused);
  for (let at = 0; at < (sealed.data?.length ?? 0); at += 7) {
    const data = Buffer.from(sealed.data ?? []);
    data[at] = (data[at] ?? 0) ^ 1;
    await expect(createPayloadCodec(KEY).decode([{ ...sealed, data }])).rejects.toMatchObject(refused);
  }
});

it('refuses a short key without repeating it', () => {
  expect(() => createPayloadCodec('fifteen-letters')).toThrow('fewer than 16 characters');
  expect(() => createPayloadCodec('fifteen-letters')).not.toThrow('fifteen-letters');
});
