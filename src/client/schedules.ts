/** Temporal Schedules that start nights: made, listed, triggered, paused and deleted. What a night does is in its folder (core/night.ts). */

import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleSummary,
} from '@temporalio/client';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import type { ScheduleServer } from '../core/night.js';
import { type NightlyInput, type NightResult, WORKFLOWS } from '../workflows/contract.js';
import { connectClient, type Environment, findTemporal, type TemporalTarget } from './connection.js';
import { registerSearchAttributes } from './search-attributes.js';
import { waitForResult } from './wait-for-result.js';

const PREFIX = 'nel-nightly-';
/** How long a trigger's effect is looked for. */
const TRIGGER_LIMIT_MS = 10_000;
const TRIGGER_LOOK_MS = 100;

export interface NewSchedule {
  readonly name: string;
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
  /** DIR/<name>, absolute. */
  readonly dir: string;
  readonly timeLimitMs: number;
  /** Nights missed by up to this, because no server ran, are made up for. */
  readonly catchUpMs: number;
  readonly taskQueue: string;
  readonly paused: boolean;
  /** One line for lists. */
  readonly summary: string;
}

export interface ScheduleState {
  readonly name: string;
  readonly paused: boolean;
  /** Why it is paused, as whoever paused it said; may be empty. */
  readonly note: string;
  readonly cron: string;
  readonly timezone: string;
  readonly dir: string | null;
  readonly summary: string;
  readonly next: readonly Date[];
}

export interface DescribedSchedule extends ScheduleState {
  readonly taskQueue: string;
  /** Workflow ids of nights under way. */
  readonly running: readonly string[];
  readonly skipped: number;
  readonly missed: number;
}

/** `unknown`: the server did not say in time. */
export type Triggered = { readonly how: 'started'; readonly workflowId: string } | { readonly how: 'skipped' | 'unknown' };

/** What a night came to; `run_id` is null where it did not get as far. */
export type EndedNight = Pick<NightResult, 'verdict' | 'reasons'> & { readonly run_id: string | null };

export class Schedules {
  constructor(
    private readonly client: Client,
    private readonly target: TemporalTarget,
  ) {}

  /** The server is this machine's own. */
  get embedded(): boolean {
    return this.target.embedded;
  }

  /** Where these schedules are. */
  async server(): Promise<ScheduleServer> {
    const { address, namespace } = this.target;
    const response = await this.client.workflowService.describeNamespace({ namespace }).catch(() => undefined);
    return { address, namespace, namespace_id: response?.namespaceInfo?.id || null };
  }

  /** @throws NelError of kind `usage` when there is one of that name, or the server refuses the cron expression or the time zone */
  async create(schedule: NewSchedule): Promise<void> {
    const { name, cron, timezone, dir, timeLimitMs, catchUpMs, taskQueue, paused, summary } = schedule;
    const search_attributes = await registerSearchAttributes(this.client);
    const input: NightlyInput = { schedule: name, dir, time_limit_ms: timeLimitMs, search_attributes };
    const memo = { summary, run_dir: dir };
    try {
      await this.client.schedule.create({
        scheduleId: `${PREFIX}${name}`,
        spec: { cronExpressions: [cron], timezone },
        policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchUpMs },
        action: { type: 'startWorkflow', workflowType: WORKFLOWS.nightly, workflowId: `${PREFIX}${name}`, taskQueue, args: [input], memo },
        // The server turns the expression into calendars, and gives only those back.
        memo: { ...memo, cron, timezone },
        state: { paused },
      });
    } catch (error) {
      if (error instanceof ScheduleAlreadyRunning) throw alreadyThere(name);
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : errorMessage(error);
      const hint = /time ?zone/i.test(reason)
        ? 'check --timezone: names look like Europe/Berlin or UTC, with capitals as there'
        : 'check --cron: "minute hour day month weekday"';
      throw new NelError('usage', `the schedule was refused: ${reason}`, { hint });
    }
  }

  async exists(name: string): Promise<boolean> {
    return this.client.schedule
      .getHandle(`${PREFIX}${name}`)
      .describe()
      .then(
        () => true,
        (error: unknown) => {
          if (error instanceof ScheduleNotFoundError) return false;
          throw error;
        },
      );
  }

  /** A new one shows up a moment later: the server's lists follow. */
  async *list(): AsyncGenerator<ScheduleState> {
    for await (const summary of this.client.schedule.list()) {
      if (summary.scheduleId.startsWith(PREFIX) && summary.action?.workflowType === WORKFLOWS.nightly) yield stateOf(summary);
    }
  }

  async describe(name: string): Promise<DescribedSchedule> {
    const description = await this.found(name, (handle) => handle.describe());
    const { info, action } = description;
    return {
      ...stateOf(description),
      taskQueue: action.taskQueue,
      running: info.runningActions.map(({ workflow }) => workflow.workflowId),
      skipped: info.numActionsSkippedOverlap,
      missed: info.numActionsMissedCatchupWindow,
    };
  }

  /** Starts a night now, unless one is under way. */
  async trigger(name: string): Promise<Triggered> {
    return this.found(name, async (handle) => {
      const { info: before } = await handle.describe();
      await handle.trigger(ScheduleOverlapPolicy.SKIP);
      const end = Date.now() + TRIGGER_LIMIT_MS;
      while (Date.now() < end) {
        const { info } = await handle.describe();
        const started = info.numActionsTaken > before.numActionsTaken ? info.recentActions.at(-1) : undefined;
        if (started !== undefined) return { how: 'started', workflowId: started.action.workflow.workflowId };
        if (info.numActionsSkippedOverlap > before.numActionsSkippedOverlap) return { how: 'skipped' };
        await new Promise((resolve) => setTimeout(resolve, TRIGGER_LOOK_MS));
      }
      return { how: 'unknown' };
    });
  }

  /** Waits for a night to end, through restarts of the server. */
  async nightOf(workflowId: string): Promise<EndedNight> {
    const handle = this.client.workflow.getHandle(workflowId);
    const outcome = await waitForResult<NightResult>(this.client, handle, async () => undefined);
    if (outcome.kind === 'completed') return outcome.result;
    return { verdict: null, reasons: [outcome.kind === 'failed' ? outcome.message : 'it was cancelled'], run_id: null };
  }

  pause(name: string, note: string): Promise<void> {
    // The server takes an empty note for no request at all.
    return this.found(name, (handle) => handle.pause(note || ' '));
  }

  resume(name: string): Promise<void> {
    return this.found(name, (handle) => handle.unpause(' '));
  }

  /** Nights under way go on; files stay. */
  delete(name: string): Promise<void> {
    return this.found(name, (handle) => handle.delete());
  }

  /** Whether some worker asks the queue for work. True where the server does not say. */
  async hasWorker(taskQueue: string): Promise<boolean> {
    const { namespace } = this.client.options;
    const response = await this.client.workflowService
      .describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 })
      .catch(() => undefined);
    return response === undefined || (response.pollers ?? []).length > 0;
  }

  private async found<T>(name: string, work: (handle: ReturnType<Client['schedule']['getHandle']>) => Promise<T>): Promise<T> {
    try {
      return await work(this.client.schedule.getHandle(`${PREFIX}${name}`));
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      throw new NelError('usage', `no schedule ${JSON.stringify(name)} on this Temporal server`, {
        hint: '`nel schedule list` shows the schedules that it knows',
      });
    }
  }
}

/** Connects, works, and lets go of the server again. */
export async function withSchedules<T>(
  env: Environment,
  log: (line: string) => void,
  work: (schedules: Schedules) => Promise<T>,
): Promise<T> {
  const target = await findTemporal(env, log);
  try {
    const client = await connectClient(target, env);
    try {
      return await work(new Schedules(client, target));
    } finally {
      await client.connection.close();
    }
  } finally {
    await target.release();
  }
}

export function alreadyThere(name: string): NelError {
  return new NelError('usage', `there is a schedule ${JSON.stringify(name)} already`, {
    hint: `choose another name, or delete it first (its folder stays): nel schedule delete ${name}`,
  });
}

function stateOf({ scheduleId, memo, state, info }: ScheduleDescription | ScheduleSummary): ScheduleState {
  const known = isJsonObject(memo) ? memo : {};
  const text = (name: string): string | null => (typeof known[name] === 'string' ? known[name] : null);
  return {
    name: scheduleId.slice(PREFIX.length),
    paused: state.paused,
    note: (state.note ?? '').trim(),
    cron: text('cron') ?? 'unknown',
    timezone: text('timezone') ?? 'UTC',
    dir: text('run_dir'),
    summary: text('summary') ?? '',
    next: info.nextActionTimes,
  };
}
