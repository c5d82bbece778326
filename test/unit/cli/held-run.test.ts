import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { holdRun } from '../../../src/cli/held-run.js';

it('a run is lost by the process that holds it when another has taken its directory over', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'nel-held-'));
  try {
    const held = await holdRun({ dir }, [], { timing: { renewMs: 20, silentMs: 400, lookMs: 10 } });
    expect(held.lost.aborted).toBe(false);
    const taken = { released: false, host: 'the-next', pid: 7, startTime: '1', bootId: 'x', id: 'theirs' };
    writeFileSync(path.join(dir, '.lock', 'owner.2'), JSON.stringify(taken));
    await expect.poll(() => held.lost.aborted).toBe(true);
    expect(held.lost.reason).toMatchObject({ kind: 'run', message: `${dir}: the run was taken over by process 7 on the-next` });
    await held.release();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
