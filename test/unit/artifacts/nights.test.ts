import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  appendHistory,
  disownSchedule,
  findRun,
  finishedRun,
  readHistory,
  readLastGo,
  readSchedule,
  writeLastGo,
  writeSchedule,
} from '../../../src/artifacts/nights.js';
import type { LastGo, NightRecord, ScheduleFile, ScheduleServer } from '../../../src/core/night.js';

let root: string;
let dir: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'nel-nights-'));
  dir = path.join(root, 'main');
  mkdirSync(dir);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const night = (run_id: string, verdict: NightRecord['verdict'] = 'GO'): NightRecord => ({
  schema_version: 1,
  run_id,
  started: '2026-01-02T02:00:00.000Z',
  finished: '2026-01-02T03:00:00.000Z',
  status: 'gated',
  verdict,
  reasons: [],
  baseline: null,
  score: 0.5,
  benchmarks: [],
  became_last_go: false,
});

const lastGo = (dirOfRun: string): LastGo => ({
  schema_version: 1,
  run_id: 'r1',
  dir: dirOfRun,
  moved: '2026-01-02T03:00:00.000Z',
  by: 'go',
});

/** A directory that looks like a finished run. */
function writeRun(folder: string, runId: string, options: { bundle: boolean } = { bundle: true }): void {
  mkdirSync(path.join(folder, 'sums'), { recursive: true });
  writeFileSync(path.join(folder, 'run.json'), JSON.stringify({ schema_version: 1, run_id: runId, benchmarks: [] }));
  if (!options.bundle) return;
  const bundle = { run_id: runId, benchmark: { name: 'sums', scores: { mean_reward: { value: 0.5 } } } };
  writeFileSync(path.join(folder, 'sums', `eval-${runId}.json`), JSON.stringify(bundle));
}

describe('the history', () => {
  it('is empty before the first night', async () => {
    expect(await readHistory(dir)).toEqual([]);
  });

  it('holds nights in the order in which they ended', async () => {
    await appendHistory(dir, night('r1'));
    await appendHistory(dir, night('r2', null));
    expect(await readHistory(dir)).toEqual([night('r1'), night('r2', null)]);
  });

  it('takes a night once, as it was first written', async () => {
    await appendHistory(dir, night('r1', 'GO'));
    await appendHistory(dir, night('r1', 'NO-GO'));
    expect(await readHistory(dir)).toEqual([night('r1', 'GO')]);
  });

  it('goes on after a line that a crash tore', async () => {
    await appendHistory(dir, night('r1'));
    appendFileSync(path.join(dir, 'history.jsonl'), '{"schema_version":1,"run_id":"r2","ver');
    expect(await readHistory(dir)).toEqual([night('r1')]);
    await appendHistory(dir, night('r2'));
    expect(await readHistory(dir)).toEqual([night('r1'), night('r2')]);
    expect(readFileSync(path.join(dir, 'history.jsonl'), 'utf8').split('\n')).toHaveLength(3);
  });
});

describe('last-go', () => {
  it('is undefined before the first', async () => {
    expect(await readLastGo(dir)).toBeUndefined();
  });

  it('names a run below its folder relatively, so that the folder can be moved', async () => {
    await writeLastGo(dir, lastGo(path.join(dir, 'r1')));
    expect(JSON.parse(readFileSync(path.join(dir, 'last-go.json'), 'utf8'))).toEqual(lastGo('r1'));
    expect(await readLastGo(dir)).toEqual(lastGo(path.join(dir, 'r1')));
  });

  it('names a run elsewhere by its whole path', async () => {
    await writeLastGo(dir, lastGo(path.join(root, 'other')));
    expect(await readLastGo(dir)).toEqual(lastGo(path.join(root, 'other')));
  });

  it.each(['{"run_id":"r1"', '[]', '{"schema_version":2,"run_id":"r","dir":"r"}', '{"schema_version":1}'])(
    'is refused, by name, when it is %s',
    async (text) => {
      writeFileSync(path.join(dir, 'last-go.json'), text);
      await expect(readLastGo(dir)).rejects.toThrow(path.join(dir, 'last-go.json'));
    },
  );
});

describe('a run to be held against', () => {
  it('is found by its id in the root, in a schedule of it, or beside', async () => {
    writeRun(path.join(dir, 'r1'), 'r1');
    writeRun(path.join(root, 'plain'), 'r2');
    expect(await findRun(root, 'r1')).toEqual({ dir: path.join(dir, 'r1'), run_id: 'r1' });
    expect(await findRun(root, 'r2')).toEqual({ dir: path.join(root, 'plain'), run_id: 'r2' });
  });

  it('is refused where there is none of that id', async () => {
    await expect(findRun(root, 'r9')).rejects.toThrow(`no run "r9" in ${root}`);
  });

  it('is refused where it has not finished', async () => {
    writeRun(path.join(dir, 'r1'), 'r1', { bundle: false });
    await expect(findRun(root, 'r1')).rejects.toThrow('holds no bundle');
  });

  it('is refused where the directory is gone', async () => {
    await expect(finishedRun(path.join(root, 'gone'))).rejects.toThrow('no such directory');
  });
});

describe('the definition of a schedule', () => {
  const server: ScheduleServer = { address: '127.0.0.1:7233', namespace: 'default', namespace_id: 'n1' };
  const schedule: ScheduleFile = {
    schema_version: 1,
    name: 'main',
    cron: '0 2 * * *',
    timezone: 'UTC',
    config_file: '/c.yaml',
    policy_file: '/p.yaml',
    cwd: '/',
    baseline: { kind: 'last-go' },
    first_run_is_baseline: false,
    notify: null,
    server,
    notify_secret_env: 'NEL_NOTIFY_SECRET',
    created: '2026-01-01T00:00:00.000Z',
  };

  it('is as it was before, to the byte, when the schedule could not be made', async () => {
    const earlier = `${JSON.stringify({ ...schedule, cron: '0 3 * * *' })}   \n`;
    writeFileSync(path.join(dir, 'schedule.json'), earlier);
    const undo = await writeSchedule(dir, schedule);
    expect(await readSchedule(dir)).toEqual(schedule);
    await undo();
    expect(readFileSync(path.join(dir, 'schedule.json'), 'utf8')).toBe(earlier);
  });

  it('is gone then where there was none, and so is a folder that was made for it', async () => {
    const [made, used] = [path.join(root, 'made'), dir];
    await appendHistory(used, night('r1'));
    for (const folder of [made, used]) await (await writeSchedule(folder, schedule))();
    expect([existsSync(made), readdirSync(used)]).toEqual([false, ['history.jsonl']]);
  });

  it('belongs to no server any more after the schedule was deleted there, under whatever address', async () => {
    await writeSchedule(dir, schedule);
    await disownSchedule(dir, { address: '127.0.0.1:7999', namespace: 'default', namespace_id: 'n1' });
    expect(await readSchedule(dir)).toEqual({ ...schedule, server: null });
  });

  it('goes on to belong to its server when another one deletes a schedule of that name', async () => {
    await writeSchedule(dir, schedule);
    await disownSchedule(dir, { ...server, namespace_id: 'n2' });
    expect(await readSchedule(dir)).toEqual(schedule);
  });
});

it('a folder without schedule.json says what the folder has to be', async () => {
  await expect(readSchedule(dir)).rejects.toMatchObject({
    message: expect.stringContaining('schedule.json: there is no such file'),
    hint: expect.stringContaining('share'),
  });
});
