/** A schedule for a terminal: its state, its baseline, the latest nights and how scores went over them. */

import { formatDelta } from '../core/gate-words.js';
import { type LastGo, type NightRecord, outcomeWord, type Trend, trends } from '../core/night.js';
import { excerpt, plain } from './plain-text.js';

const SHOWN_NEXT = 3;
const LONGEST_REASON = 160;
const BARS = '▁▂▃▄▅▆▇█';

export interface ScheduleView {
  readonly name: string;
  readonly paused: boolean;
  readonly note: string;
  readonly cron: string;
  readonly timezone: string;
  readonly summary: string;
  readonly dir: string | null;
  /** ISO times. */
  readonly next: readonly string[];
  /** Workflow ids of nights under way. */
  readonly running: readonly string[];
  /** Nights that did not start because one was under way. */
  readonly skipped: number;
  /** Nights that were missed for longer than the catch-up window. */
  readonly missed: number;
  readonly last_go: LastGo | null;
  /** The latest nights, the oldest first. */
  readonly nights: readonly ShownNight[];
}

export interface ShownNight extends NightRecord {
  /** Why its notification was not taken; null: taken, or none was to be sent. */
  readonly notification_problem: string | null;
}

export function scheduleText(view: ScheduleView): string {
  const { name, paused, note, cron, timezone, dir, summary, running, skipped, missed, last_go } = view;
  const state = paused ? `paused${note === '' ? '' : ` (${plain(note)})`}` : 'active';
  const lines = [
    `${name}  ${state}  ${plain(cron)} (${timezone})`,
    `what      ${plain(summary)}`,
    `folder    ${dir === null ? 'unknown' : plain(dir)}`,
    ...(paused ? [] : [`next      ${view.next.slice(0, SHOWN_NEXT).map(minute).join(', ') || 'never'}`]),
    `last-go   ${last_go === null ? 'none' : `${last_go.run_id} (${last_go.by}, ${minute(last_go.moved)})`}`,
    ...(running.length === 0 ? [] : [`under way ${running.join(', ')}`]),
    ...(skipped + missed === 0 ? [] : [`left out  ${skipped} while another night ran, ${missed} while no server did`]),
    '',
    ...nightTable(view.nights),
  ];
  const shown = trends(view.nights).filter(({ scores }) => scores.length > 0);
  if (shown.length > 0) lines.push('', 'TREND', ...shown.map(trendLine));
  return `${lines.join('\n')}\n`;
}

/** One line a schedule, for a list. @param latest `unreadable`: there may have been nights */
export function scheduleLine(
  view: Pick<ScheduleView, 'name' | 'paused' | 'next' | 'summary'>,
  latest: NightRecord | 'unreadable' | undefined,
): string {
  const when = view.paused ? 'paused' : `next ${view.next[0] === undefined ? 'never' : minute(view.next[0])}`;
  const last = latest === undefined ? 'no night yet' : `last ${latest === 'unreadable' ? 'unknown' : outcomeWord(latest)}`;
  return `${view.name}  ${when}  ${last}  ${plain(view.summary)}`;
}

function nightTable(nights: readonly ShownNight[]): string[] {
  if (nights.length === 0) return ['no night yet'];
  const rows = nights.map((night) => [
    minute(night.started),
    outcomeWord(night),
    night.score === null ? '-' : night.score.toFixed(4),
    deltaOf(night),
    `${night.run_id}${night.became_last_go ? ' *' : ''}`,
  ]);
  const head = ['NIGHT', 'VERDICT', 'SCORE', 'DELTA', 'RUN (* became last-go)'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join('  ')
      .trimEnd();
  return [line(head), ...nights.flatMap((night, i) => [line(rows[i] as string[]), ...remarks(night)])];
}

/** The largest damage is what one looks for: the delta of the benchmark that got worse most, or better least. */
function deltaOf({ benchmarks }: NightRecord): string {
  const known = benchmarks.flatMap(({ delta, direction }) =>
    delta === null ? [] : [{ delta, damage: direction === 'lower_is_better' ? delta : -delta }],
  );
  if (known.length === 0) return '-';
  return formatDelta(known.reduce((worst, one) => (one.damage > worst.damage ? one : worst)).delta);
}

function remarks({ verdict, reasons, notification_problem }: ShownNight): string[] {
  const why = verdict === 'GO' ? [] : reasons;
  const untold = notification_problem === null ? [] : [`notification not taken: ${notification_problem}`];
  return [...why, ...untold].map((reason) => `  - ${excerpt(reason, LONGEST_REASON)}`);
}

/** `gsm8k  ▁▅█  0.5000 → 0.5400 (+0.0400), lowest 0.5000, highest 0.5400`. */
function trendLine({ benchmark, scores }: Trend): string {
  const [first, last] = [scores[0] as number, scores.at(-1) as number];
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const change = scores.length === 1 ? first.toFixed(4) : `${first.toFixed(4)} → ${last.toFixed(4)} (${formatDelta(last - first)})`;
  return `  ${plain(benchmark)}  ${bars(scores, low, high)}  ${change}, lowest ${low.toFixed(4)}, highest ${high.toFixed(4)}`;
}

/** A bar a score, from the lowest to the highest of them; all the middle one when they do not differ. */
function bars(scores: readonly number[], low: number, high: number): string {
  const top = BARS.length - 1;
  return scores.map((score) => BARS[high === low ? Math.floor(top / 2) : Math.round(((score - low) / (high - low)) * top)]).join('');
}

/** `2026-01-02 02:00Z` of an ISO time. */
function minute(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}Z`;
}
