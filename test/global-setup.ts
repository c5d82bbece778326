/** Before and after all tests: keeps them away from the developer's own Temporal server, clusters and keys. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Settings of a shell that would send a test's run somewhere else. */
const FOREIGN = /^(TEMPORAL_(?!CLI_PATH$)|NEMO_|NVIDIA_|NEL_(?!DATA_DIR$|TEST_)|OPENAI_|HF_TOKEN$)/i;

let stateDir: string | undefined;

export function setup(): void {
  for (const name of Object.keys(process.env)) if (FOREIGN.test(name)) delete process.env[name];
  stateDir = mkdtempSync(path.join(os.tmpdir(), 'nel-test-'));
  process.env['NEL_STATE_DIR'] = stateDir;
}

export function teardown(): void {
  if (stateDir === undefined) return;
  const cli = path.resolve(import.meta.dirname, '../dist/cli/main.js');
  if (existsSync(path.join(stateDir, 'temporal')) && existsSync(cli)) {
    try {
      execFileSync(process.execPath, [cli, 'temporal', 'stop'], { timeout: 20_000, stdio: 'ignore' });
    } catch {
      // It ends by itself after its idle time.
    }
  }
  rmSync(stateDir, { recursive: true, force: true });
}
