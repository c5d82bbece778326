/** What `nel schedule` prints and asks for beside `create`. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { directoryExists, disownSchedule, findRun, finishedRun, readHistory, readLastGo, writeLastGo } from '../artifacts/nights.js';
import { type Schedules, withSchedules } from '../client/schedules.js';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import type { NightRecord } from '../core/night.js';
import { type ScheduleView, type ShownNight, scheduleLine, scheduleText } from '../report/schedule-text.js';
import { EXIT } from './exit-codes.js';
import { printable } from './printable.js';
import type { ShowOptions } from './schedule.js';
import { warnWithoutWorker } from './schedule-worker.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const out = (line: string): void => void process.stdout.write(`${line}\n`);

function withServer<T>(work: (schedules: Schedules) => Promise<T>): Promise<T> {
  return withSchedules(process.env, say, work);
}

export async function listSchedules(): Promise<void> {
  await withServer(async (schedules) => {
    let shown = 0;
    for await (const { dir, next, ...state } of schedules.list()) {
      const latest = dir === null ? undefined : await latestNight(state.name, dir);
      out(scheduleLine({ ...state, next: next.map((time) => time.toISOString()) }, latest));
      shown++;
    }
    if (shown === 0) out('no schedules');
  });
}

/** Other schedules are shown all the same when one's history cannot be read. */
async function latestNight(name: string, dir: string): Promise<NightRecord | 'unreadable' | undefined> {
  try {
    return (await readHistory(dir)).at(-1);
  } catch (error) {
    noteOf(`the history of ${name} cannot be shown`)(error);
    return 'unreadable';
  }
}

/** Says what could not be done, where the rest goes on. */
function noteOf(what: string): (error: unknown) => void {
  return (error) => say(`note: ${what}: ${printable(errorMessage(error))}`);
}

export async function showSchedule(name: string, { limit, format }: ShowOptions): Promise<void> {
  const described = await withServer((schedules) => schedules.describe(name));
  const { dir, next, taskQueue: _, ...state } = described;
  if (dir !== null && !(await directoryExists(dir))) say(`note: ${dir} is not on this machine: its nights cannot be shown`);
  const nights = dir === null ? [] : (await readHistory(dir)).slice(-limit);
  const view: ScheduleView = {
    ...state,
    dir,
    next: next.map((time) => time.toISOString()),
    last_go: dir === null ? null : ((await readLastGo(dir)) ?? null),
    nights: await Promise.all(nights.map((night) => shownNight(dir ?? '', night))),
  };
  process.stdout.write(format === 'json' ? `${JSON.stringify(view, null, 2)}\n` : scheduleText(view));
}

async function shownNight(dir: string, night: NightRecord): Promise<ShownNight> {
  const text = await readFile(path.join(dir, night.run_id, 'notification.json'), 'utf8').catch(() => '{}');
  const kept: unknown = JSON.parse(text);
  const reason = isJsonObject(kept) && kept['delivered'] === false ? kept['reason'] : null;
  return { ...night, notification_problem: typeof reason === 'string' ? reason : null };
}

const VERDICT_EXIT = { GO: EXIT.OK, 'NO-GO': EXIT.NO_GO, INCONCLUSIVE: EXIT.INCONCLUSIVE } as const;

/** @returns the exit code: of the verdict with `wait`, else 0 */
export function triggerSchedule(name: string, wait: boolean): Promise<number> {
  return withServer(async (schedules) => {
    const { taskQueue } = await schedules.describe(name);
    const triggered = await schedules.trigger(name);
    if (triggered.how === 'skipped') {
      out('skipped: a night is under way');
      return wait ? EXIT.RUN_FAILED : EXIT.OK;
    }
    if (!wait) out(triggered.how === 'started' ? 'started' : 'asked for; the server has not started it yet');
    await warnWithoutWorker(schedules, taskQueue);
    if (!wait) return EXIT.OK;
    if (triggered.how !== 'started') {
      throw new NelError('run', 'the server did not start the night in time', { hint: `look for it with: nel schedule show ${name}` });
    }
    const { verdict, reasons, run_id } = await schedules.nightOf(triggered.workflowId);
    out(
      [verdict ?? 'FAILED', ...reasons.map((reason) => `  - ${printable(reason)}`), ...(run_id === null ? [] : [`run ${run_id}`])].join(
        '\n',
      ),
    );
    return verdict === null ? EXIT.RUN_FAILED : VERDICT_EXIT[verdict];
  });
}

export async function pauseSchedule(name: string, note: string): Promise<void> {
  await withServer((schedules) => schedules.pause(name, note));
  out('paused; a night under way goes on');
}

export async function resumeSchedule(name: string): Promise<void> {
  const next = await withServer(async (schedules) => {
    await schedules.resume(name);
    return (await schedules.describe(name)).next[0];
  });
  out(`resumed; next ${next === undefined ? 'never' : next.toISOString()}`);
}

export async function deleteSchedule(name: string): Promise<void> {
  const { dir, running } = await withServer(async (schedules) => {
    const described = await schedules.describe(name);
    const server = await schedules.server();
    await schedules.delete(name);
    if (described.dir !== null) await disownSchedule(described.dir, server).catch(noteOf(`the folder of ${name} still names this server`));
    return described;
  });
  out(`deleted${dir === null ? '' : `; its runs and its history stay in ${dir}`}`);
  for (const id of running) say(`${id} is under way and goes on`);
}

export async function acceptRun(name: string, run: string): Promise<void> {
  const { dir } = await withServer((schedules) => schedules.describe(name));
  if (dir === null || !(await directoryExists(dir))) {
    throw new NelError('data', `the folder of ${name} is not on this machine`, { hint: 'run the command where it is' });
  }
  const asFolder = path.resolve(run);
  const found = (await directoryExists(asFolder)) ? await finishedRun(asFolder) : await findRun(path.dirname(dir), run);
  const run_id = found.run_id ?? path.basename(found.dir);
  await writeLastGo(dir, { schema_version: 1, run_id, dir: found.dir, moved: new Date().toISOString(), by: 'accepted' });
  out(`${run_id} is the baseline of ${name} from now on`);
}
