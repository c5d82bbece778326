/** An API key is in no history, database, log, file or message, after a run that failed and one that went well. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { Lab } from './lab.js';

const KEY = 'sk-very-secret-0123456789abcdef';
const WRONG = 'sk-wrong-secret-fedcba9876543210';
const lab = new Lab();
afterAll(() => lab.close());

function filesWith(text: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

it('leaves API keys nowhere on disk and in no output', { timeout: 120_000 }, async () => {
  const endpoint = await spawnFakeEndpoint({ apiKey: KEY, answer: `The answer is 42, and your key is ${KEY}` });
  try {
    const run = (out: string, key: string) =>
      lab.nel(
        ['eval', 'run', '--bench', 'gsm8k', '--max-problems', '30', '--model-url', endpoint.url, '--model-id', 'm', '-o', lab.path(out)],
        { NEMO_API_KEY: key },
      );
    const failed = await run('failed', WRONG);
    expect(failed.code).toBe(4);
    expect(failed.stderr).toContain('401');
    const passed = await run('passed', KEY);
    expect(passed).toMatchObject({ code: 0 });
    for (const key of [KEY, WRONG]) {
      for (const form of [key, Buffer.from(key).toString('base64').slice(0, 40)]) {
        expect(filesWith(form, lab.dir)).toEqual([]);
        expect(failed.stdout + failed.stderr + passed.stdout + passed.stderr).not.toContain(form);
      }
    }
    // The search itself works: what the model said around the key is there.
    expect(filesWith('and your key is [redacted]', lab.dir).length).toBeGreaterThan(0);
  } finally {
    await endpoint.close();
  }
});

it('names the variable of a missing API key, with the line that asks for it', { timeout: 30_000 }, async () => {
  const { writeFileSync } = await import('node:fs');
  const config = lab.path('eval.yaml');
  writeFileSync(
    config,
    'services:\n  m:\n    type: api\n    url: http://127.0.0.1:9/v1\n    model: m\n    api_key: ${LAB_KEY}\nbenchmarks:\n  - name: gsm8k\n',
  );
  const run = await lab.nel(['eval', 'run', config]);
  expect(run.code).toBe(3);
  expect(run.stderr).toContain('LAB_KEY');
  expect(run.stderr).toContain('eval.yaml:6');
});
