/** A scheduled night: what is kept of it, what it is held against, and how scores went over nights. Pure; files are artifacts/nights.ts. */

import type { GateStatus, GateVerdict } from './gate.js';
import type { Direction } from './policy.js';

/** What nights are held against. `last-go`: the latest run that was let through, or was accepted by a person. */
export type BaselineRule =
  | { readonly kind: 'last-go' }
  | { readonly kind: 'directory'; readonly dir: string }
  | { readonly kind: 'run'; readonly run_id: string };

/** Where news of a night goes: a URL without secrets, or the variable that holds one where the worker runs. */
export type NotifyTarget = { readonly kind: 'url'; readonly url: string } | { readonly kind: 'env'; readonly name: string };

/** A namespace of a Temporal server. Addresses change and are shared by namespaces; ids do not, and are not. */
export interface ScheduleServer {
  readonly address: string;
  readonly namespace: string;
  /** Null where the server does not tell. */
  readonly namespace_id: string | null;
}

/** Whether both are the same namespace of the same server. */
export function sameServer(one: ScheduleServer, other: ScheduleServer): boolean {
  if (one.namespace_id !== null && other.namespace_id !== null) return one.namespace_id === other.namespace_id;
  return one.address === other.address && one.namespace === other.namespace;
}

/** DIR/<name>/schedule.json: all that a night needs, so that Temporal's history holds the folder only. Paths are absolute. */
export interface ScheduleFile {
  readonly schema_version: 1;
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly config_file: string;
  readonly policy_file: string;
  /** What relative paths of the config are relative to. */
  readonly cwd: string;
  readonly baseline: BaselineRule;
  readonly first_run_is_baseline: boolean;
  readonly notify: NotifyTarget | null;
  /** The server that has it; null: none any more. Absent: written by an earlier version, which did not say. */
  readonly server?: ScheduleServer | null;
  /** Variable with the key that signs notifications; signed only where it is set. */
  readonly notify_secret_env: string;
  readonly created: string;
}

/** DIR/<name>/last-go.json. */
export interface LastGo {
  readonly schema_version: 1;
  readonly run_id: string;
  /** Output directory of the run, relative to DIR/<name> when it is below it. */
  readonly dir: string;
  readonly moved: string;
  readonly by: 'go' | 'first-run' | 'accepted';
}

export interface NightBenchmark {
  readonly name: string;
  /** mean_reward; null where the bundle has none. */
  readonly score: number | null;
  /** candidate − baseline in the policy's metric; null where nothing was held against it. */
  readonly delta: number | null;
  /** Which way the metric of `delta` gets better, where something was held against it. Absent in nights of earlier versions. */
  readonly direction?: Direction | null;
  readonly status: GateStatus | null;
}

/** A line of DIR/<name>/history.jsonl. `verdict` is null where the night did not come to one: that is no INCONCLUSIVE. */
export interface NightRecord {
  readonly schema_version: 1;
  readonly run_id: string;
  readonly started: string;
  readonly finished: string;
  readonly status: 'gated' | 'failed' | 'cancelled';
  readonly verdict: GateVerdict | null;
  readonly reasons: readonly string[];
  readonly baseline: { readonly run_id: string | null; readonly dir: string } | null;
  /** Mean over the benchmarks' scores, each weighing the same. */
  readonly score: number | null;
  readonly benchmarks: readonly NightBenchmark[];
  readonly became_last_go: boolean;
}

/** The mean of the scores that are there; null without any. */
export function meanScore(scores: readonly (number | null)[]): number | null {
  const known = scores.filter((score) => score !== null);
  return known.length === 0 ? null : known.reduce((sum, score) => sum + score, 0) / known.length;
}

/** Scores of one benchmark over nights, oldest first; nights without it are left out. */
export interface Trend {
  readonly benchmark: string;
  readonly scores: readonly number[];
}

/** A trend for each benchmark of the records, in the order in which they first came up. */
export function trends(records: readonly NightRecord[]): Trend[] {
  const byName = new Map<string, number[]>();
  for (const { benchmarks } of records) {
    for (const { name, score } of benchmarks) {
      const scores = byName.get(name) ?? [];
      byName.set(name, scores);
      if (score !== null) scores.push(score);
    }
  }
  return [...byName].map(([benchmark, scores]) => ({ benchmark, scores }));
}

/** The words of a night's outcome: its verdict, or why there is none. */
export function outcomeWord({ status, verdict }: Pick<NightRecord, 'status' | 'verdict'>): string {
  return verdict ?? (status === 'cancelled' ? 'CANCELLED' : 'FAILED');
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `90s`, `45m`, `12h` or `2d`; null for anything else, and for nothing at all. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,6})([smhd])$/.exec(text.trim());
  const ms = match === null ? 0 : Number(match[1]) * (UNITS[match[2] as string] as number);
  return ms > 0 ? ms : null;
}

/** The largest unit that says it in whole numbers: 43,200,000 is `12h`. */
export function durationText(ms: number): string {
  const unit = ['d', 'h', 'm'].find((one) => ms % (UNITS[one] as number) === 0 && ms >= (UNITS[one] as number)) ?? 's';
  return `${Math.round(ms / (UNITS[unit] as number))}${unit}`;
}
