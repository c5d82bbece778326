import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSafePath, isStoreAddress, normalizeStoreAddress, parseStoreAddress } from '../../../src/core/store.js';

describe('the address of a store', () => {
  it('is a bucket and a prefix, written one way', () => {
    expect(parseStoreAddress('s3://evals/nightly/2026-01-02')).toEqual({ bucket: 'evals', prefix: 'nightly/2026-01-02' });
    expect(normalizeStoreAddress('S3://evals/nightly/')).toBe('s3://evals/nightly');
    expect(normalizeStoreAddress('s3://evals')).toBe('s3://evals');
  });

  it('is told from a path', () => {
    expect(['s3://b/x', 'S3://b', './s3://b', '/s3:/b', 's3:/b', 'results'].map(isStoreAddress)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it.each([
    's3://',
    's3://ab',
    's3:///x',
    's3://evals//x',
    's3://evals/../x',
    's3://evals/./x',
    's3://evals/a b',
    's3://evals/x?versionId=1',
    's3://evals/ä',
    's3://-evals/x',
  ])('is not %j', (text) => {
    expect(() => parseStoreAddress(text)).toThrow(expect.objectContaining({ kind: 'usage' }));
  });

  it('never repeats what could be a credential', () => {
    for (const text of ['s3://AKIA123:s3cr3tvalue@evals/x', 's3://evals/x?X-Amz-Signature=s3cr3tvalue']) {
      expect(() => parseStoreAddress(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('s3cr3tvalue') }));
    }
  });
});

describe('a path of a store', () => {
  it.each(['run.json', 'gsm8k/journal/000000000-000000050/2026-01-02T030405678Z-1-ab.jsonl', "a b/c'd.json", 'ä/ö.json'])(
    'may be %j',
    (file) => {
      expect(isSafePath(file)).toBe(true);
    },
  );

  it.each(['', '/etc/passwd', '../x', 'a/../b', 'a//b', '.hidden', 'a/.b', 'a\\b', 'a/\0', 'a\nb', 'c:/x', 'x'.repeat(300)])(
    'may not be %j',
    (file) => {
      expect(isSafePath(file)).toBe(false);
    },
  );

  it('never leads out of a folder, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), (file) => {
        if (isSafePath(file)) expect(file.split(/[\\/]/).some((part) => part === '..' || part === '' || part === '.')).toBe(false);
      }),
    );
  });
});
