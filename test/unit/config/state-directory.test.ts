import { describe, expect, it } from 'vitest';
import { stagingDirectory } from '../../../src/config/state-directory.js';

const env = { NEL_STATE_DIR: '/state' };

describe('the working copy of a run in a store', () => {
  it('is found again by its address, however that is written', () => {
    expect(stagingDirectory('s3://evals/nightly/', env)).toBe(stagingDirectory('s3://evals/nightly', env));
    expect(stagingDirectory('s3://evals/nightly', env)).toMatch(/^\/state\/s3\/nightly-[0-9a-f]{16}$/);
  });

  it('is another one for another address and another endpoint', () => {
    const folders = [
      stagingDirectory('s3://evals/a/x', env),
      stagingDirectory('s3://evals/b/x', env),
      stagingDirectory('s3://evals/a/x', { ...env, AWS_ENDPOINT_URL_S3: 'https://store.example' }),
      stagingDirectory('s3://evals/a/x', { ...env, AWS_ENDPOINT_URL: 'https://other.example' }),
    ];
    expect(new Set(folders).size).toBe(4);
  });
});
