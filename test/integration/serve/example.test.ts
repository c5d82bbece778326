/** The example of the programmatic server, run as a user would. */

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');

it('examples/serve_api.ts asks, answers and judges each problem', { timeout: 60_000 }, () => {
  const jiti = path.join(ROOT, 'node_modules/jiti/lib/jiti-cli.mjs');
  const args = [jiti, path.join(ROOT, 'examples/serve_api.ts'), path.join(ROOT, 'examples/benchmarks/01_capitals.ts')];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('capitals: 1 of 12 right\n');
});
