/** Every statistics case: the reference data beside the project, and our own extreme values. */

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runStatsCaseFile } from '../../../../src/cases/stats-cases.js';
import { DATA_DIR } from '../../../data-dir.js';

const STATS_DIR = path.join(DATA_DIR, 'stats');
const GOLDEN_DIR = path.resolve(import.meta.dirname, '../../../golden/stats');

function caseFiles(dir: string): [string, string][] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, path.join(dir, name)]);
}

describe.skipIf(!existsSync(STATS_DIR))('reference cases (../shared/data/stats)', () => {
  it('finds the case files', () => {
    expect(caseFiles(STATS_DIR).length).toBeGreaterThan(10);
  });

  it.each(caseFiles(STATS_DIR))('%s agrees', async (_name, file) => {
    const { passed, failures } = await runStatsCaseFile(file);
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThan(0);
  });
});

describe('our own extreme values', () => {
  it.each(caseFiles(GOLDEN_DIR))('%s agrees', async (_name, file) => {
    const { passed, failures } = await runStatsCaseFile(file);
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThan(100);
  });
});
