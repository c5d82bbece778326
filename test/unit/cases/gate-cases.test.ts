/** Every gate case of the reference data, run from its files as `nel gate` would. */

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isGateCaseFolder, runGateCase } from '../../../src/cases/gate-cases.js';
import { DATA_DIR } from '../../data-dir.js';

const GATE_DIR = path.join(DATA_DIR, 'gate');
const folders = existsSync(GATE_DIR)
  ? readdirSync(GATE_DIR)
      .map((name) => path.join(GATE_DIR, name))
      .filter(isGateCaseFolder)
  : [];

describe.skipIf(folders.length === 0)('gate cases (../shared/data/gate)', () => {
  it('finds the cases', () => {
    expect(folders.length).toBeGreaterThan(20);
  });

  it.each(folders.map((dir) => [path.basename(dir), dir]))('%s', async (_name, dir) => {
    expect(await runGateCase(dir)).toEqual({ passed: true });
  });
});
