import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimGeneration, newestGeneration } from '../../../../src/client/embedded/generation-lock.js';

describe('the lock by generation', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'nel-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has no owner in a folder that does not exist', () => {
    expect(newestGeneration(path.join(folder, 'none'), 'owner')).toBeUndefined();
  });

  it('goes to the first who claims a generation, and the loser changes nothing', () => {
    expect(claimGeneration(folder, 'owner', 1, { who: 'first' })).toBe(true);
    expect(claimGeneration(folder, 'owner', 1, { who: 'second' })).toBe(false);
    expect(newestGeneration(folder, 'owner')).toEqual({ number: 1, record: { who: 'first' } });
    expect(readdirSync(folder)).toEqual(['owner.1']);
  });

  it('does not go to a process that judged an owner before the last', () => {
    for (const number of [1, 2, 3]) claimGeneration(folder, 'owner', number, { number });
    expect(claimGeneration(folder, 'owner', 2, 'late')).toBe(false);
    expect(newestGeneration(folder, 'owner')).toEqual({ number: 3, record: { number: 3 } });
  });

  it('counts generations as numbers and passes over other files', () => {
    for (const number of [9, 10]) claimGeneration(folder, 'owner', number, { number });
    for (const name of ['owner.x', 'owner.11.tmp', 'owner.011', 'owners.12', '.owner-1-ab']) writeFileSync(path.join(folder, name), '{}');
    expect(newestGeneration(folder, 'owner')?.number).toBe(10);
  });

  it('names a broken record as unreadable and not as absent', () => {
    writeFileSync(path.join(folder, 'owner.4'), '{"pro');
    expect(newestGeneration(folder, 'owner')).toEqual({ number: 4, record: undefined });
  });
});
