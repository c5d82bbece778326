import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSandbox } from '../../../../src/adapters/sandboxes/open.js';

const empty = mkdtempSync(path.join(tmpdir(), 'nel-no-programs-'));
afterAll(() => rmSync(empty, { recursive: true }));
const env = { PATH: empty };

describe('openSandbox on a machine without any', () => {
  it('says what to install, and does not fall back to limits only', async () => {
    await expect(openSandbox({ type: null, env })).rejects.toMatchObject({
      name: 'NelError',
      kind: 'run',
      message: 'this machine has no sandbox to run code in: bubblewrap (bwrap) is not installed; docker is not installed',
      hint: expect.stringContaining('apt-get install bubblewrap'),
    });
  });

  it.each([
    ['bubblewrap', 'bubblewrap (bwrap) is not installed'],
    ['docker', 'docker is not installed'],
    ['process', 'the sandbox needs prlimit, which is not there'],
  ] as const)('says that %s is not there', async (type, message) => {
    await expect(openSandbox({ type, env })).rejects.toMatchObject({ kind: 'run', message });
  });

  it('turns a limit down that is too small before anything runs', async () => {
    await expect(openSandbox({ type: null, env, limits: { memory_mb: 1 } })).rejects.toMatchObject({ kind: 'config' });
  });
});
