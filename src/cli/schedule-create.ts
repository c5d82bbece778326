/** `nel schedule create`: checks tonight's config, policy and baseline today, writes the schedule's folder, and makes the schedule. */

import path from 'node:path';
import { directoryExists, findRun, findSchedule, finishedRun, readLastGo, writeSchedule } from '../artifacts/nights.js';
import { alreadyThere, type Schedules, withSchedules } from '../client/schedules.js';
import { sharedTaskQueue } from '../client/task-queue.js';
import { loadEvalConfig } from '../config/load.js';
import { parseNotifyTarget } from '../config/notify-target.js';
import { loadGatePolicy } from '../config/policy.js';
import { resolveRunSpec } from '../config/resolve.js';
import { NelError } from '../core/errors.js';
import { type BaselineRule, parseDuration, type ScheduleFile, type ScheduleServer, sameServer } from '../core/night.js';
import { isStoreAddress } from '../core/store.js';
import type { CreateOptions } from './schedule.js';
import { warnWithoutWorker } from './schedule-worker.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const RUN_ID = /^\d{8}T\d{6}Z-[0-9a-f]+$/;
/** Shorter catch-up windows are refused by the server. */
const SHORTEST_CATCH_UP_MS = 10_000;

/** @throws NelError for whatever would keep every night from a verdict, before anything is written */
export async function createSchedule(name: string, options: CreateOptions): Promise<void> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) {
    throw new NelError('usage', `a schedule cannot be called ${JSON.stringify(name)}`, {
      hint: 'use letters, digits, "-", "_" and ".", up to 63, beginning with a letter or digit',
    });
  }
  if (isStoreAddress(options.outputDir)) {
    throw new NelError('usage', `nights are kept in a folder, not in a store: ${options.outputDir}`, {
      hint: 'give -o a folder that workers and commands share, and copy what is to be kept elsewhere from there',
    });
  }
  const cwd = process.cwd();
  const dir = path.resolve(options.outputDir, name);
  const timeLimitMs = duration('--time-limit', options.timeLimit);
  const catchUpMs = Math.max(SHORTEST_CATCH_UP_MS, duration('--catch-up', options.catchUp));
  const schedule: ScheduleFile = {
    schema_version: 1,
    name,
    cron: options.cron,
    timezone: checkedTimezone(options.timezone),
    config_file: path.resolve(options.config),
    policy_file: path.resolve(options.policy),
    cwd,
    baseline: await baselineRule(options, dir),
    first_run_is_baseline: options.firstRunIsBaseline ?? false,
    notify: options.notify === undefined ? null : parseNotifyTarget(options.notify),
    notify_secret_env: checkedVariable(options.notifySecretEnv),
    created: new Date().toISOString(),
  };
  loadGatePolicy(options.policy);
  const { notes } = resolveRunSpec({ file: loadEvalConfig(options.config), flags: { outputDir: dir }, env: process.env, cwd });
  for (const note of notes) say(`note: ${note}`);
  const taskQueue = sharedTaskQueue(process.env, options.taskQueue);
  await withSchedules(process.env, say, async (schedules) => {
    if (await schedules.exists(name)) throw alreadyThere(name);
    const server = await schedules.server();
    await refuseForeignFolder(dir, server);
    // First the folder: a night that starts at once must find it.
    const undo = await writeSchedule(dir, { ...schedule, server });
    const summary = `${path.basename(options.config)} by ${path.basename(options.policy)} against ${baselineText(schedule.baseline)}`;
    const { cron, timezone } = schedule;
    const made = schedules.create({
      name,
      cron,
      timezone,
      dir,
      timeLimitMs,
      catchUpMs,
      taskQueue,
      paused: options.paused ?? false,
      summary,
    });
    await made.catch(async (error: unknown) => {
      await undo();
      throw error;
    });
    await tell(schedules, schedule, dir, taskQueue);
  });
}

/** A folder holds one schedule: two servers' nights would be held against each other's last-go, and have each other's settings. */
async function refuseForeignFolder(dir: string, server: ScheduleServer): Promise<void> {
  const there = await findSchedule(dir);
  // Of an earlier version: whose it is was not written.
  if (!there?.server || sameServer(there.server, server)) return;
  const { address, namespace } = there.server;
  throw new NelError('usage', `${dir} belongs to a schedule of the Temporal server at ${address}, namespace ${namespace}`, {
    hint: `choose another name or folder (-o), or delete it there first; where that server is gone for good, remove ${path.join(dir, 'schedule.json')}`,
  });
}

async function tell(schedules: Schedules, { name, timezone, ...schedule }: ScheduleFile, dir: string, taskQueue: string): Promise<void> {
  const { paused, next } = await schedules.describe(name);
  const first = next[0] === undefined ? 'never: the expression names no time to come' : next[0].toISOString();
  process.stdout.write(`${name}  ${paused ? 'paused' : `next ${first}`}  (${schedule.cron}, ${timezone})\n`);
  say(`nights are kept in ${dir}`);
  if (schedule.baseline.kind === 'last-go' && !schedule.first_run_is_baseline && (await readLastGo(dir)) === undefined) {
    say(`note: there is no baseline yet: nights are INCONCLUSIVE until \`nel schedule accept ${name} RUN\``);
  }
  await warnWithoutWorker(schedules, taskQueue);
  if (schedules.embedded) {
    say('nights happen while the embedded Temporal server and a worker run on this machine. An unpaused schedule keeps the server from');
    say('stopping when idle; after a reboot, the worker starts it again');
  }
}

async function baselineRule({ baseline, outputDir, firstRunIsBaseline }: CreateOptions, dir: string): Promise<BaselineRule> {
  if (baseline === 'last-go') {
    // One that is there must be readable now.
    await readLastGo(dir);
    return { kind: 'last-go' };
  }
  if (firstRunIsBaseline) throw new NelError('usage', '--first-run-is-baseline goes with --baseline last-go');
  const resolved = path.resolve(baseline);
  if (await directoryExists(resolved)) {
    await finishedRun(resolved);
    return { kind: 'directory', dir: resolved };
  }
  if (RUN_ID.test(baseline)) {
    await findRun(path.resolve(outputDir), baseline);
    return { kind: 'run', run_id: baseline };
  }
  throw new NelError('usage', `--baseline ${JSON.stringify(baseline)} is neither last-go, nor a directory, nor a run id`, {
    hint: 'a run id looks like 20260102T020000Z-1a2b3c and is looked for in the output directory (-o)',
  });
}

function baselineText(baseline: BaselineRule): string {
  return baseline.kind === 'last-go' ? 'last-go' : baseline.kind === 'run' ? baseline.run_id : path.basename(baseline.dir);
}

function duration(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === null)
    throw new NelError('usage', `${flag} is a number with a unit, got ${JSON.stringify(text)}`, { hint: 'write 90s, 45m, 12h or 2d' });
  return ms;
}

/** The server tells capitals apart, which Intl does not; second names, such as Asia/Kolkata, Intl gives back as the first. */
function checkedTimezone(name: string): string {
  const known = knownTimezone(name);
  if (known === null || (known !== name && known.toLowerCase() === name.toLowerCase())) {
    const hint = known === null ? 'names look like Europe/Berlin or UTC' : `it is ${known}`;
    throw new NelError('usage', `--timezone: no time zone is called ${JSON.stringify(name)}`, { hint });
  }
  return name;
}

function knownTimezone(name: string): string | null {
  // An offset, which Intl takes too.
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

function checkedVariable(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new NelError('usage', '--notify-secret-env takes the name of an environment variable, not a key');
}
