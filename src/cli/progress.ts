/** Progress on stderr: one live line in a terminal, one plain line every 30 seconds elsewhere. */

import type { RunProgress } from '../client/follow.js';
import { printable } from './printable.js';

const LIVE_MS = 1_000;
/** Looks cost CPU; a log needs them only to tell of a wait in time. */
const QUIET_LOOK_MS = 5_000;
const PLAIN_MS = 30_000;
/** A line of a terminal of 80 columns. */
const NARROW = 80;
/** The rate is that of the last looks, not of the whole run: a run may have lain still for a night. */
const RATE_WINDOW_MS = 30_000;

export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What one look says. `rate` and `eta` are null until two looks differ. */
export interface ProgressView {
  readonly done: number;
  readonly samples: number;
  readonly inFlight: number;
  readonly rate: number | null;
  readonly tokens: number;
  readonly errors: number;
  /** Mean reward over the samples done, null without one. */
  readonly score: number | null;
  readonly etaSeconds: number | null;
  readonly notice: string | null;
  /** Of runs on a cluster: states of their jobs, in place of what only this machine's own calls tell. */
  readonly jobs?: string;
}

export class ProgressPrinter {
  private readonly looks: { readonly at: number; readonly done: number }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private lastNotice: string | null = null;
  private lastPlain = Date.now();
  private shown = false;
  private reading = false;

  constructor(
    private readonly output: ProgressOutput,
    private readonly read: () => Promise<RunProgress>,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.look(), this.output.isTTY ? LIVE_MS : QUIET_LOOK_MS);
  }

  /** Clears the live line: what follows starts on a fresh one. */
  stop(): void {
    clearInterval(this.timer);
    this.clear();
  }

  /** Prints a line of its own, above the live one. */
  note(text: string): void {
    this.clear();
    this.output.write(`${text}\n`);
  }

  private async look(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      this.show(this.view(await this.read(), Date.now()));
    } catch {
      // A look that fails (the server restarts) says nothing; the next one will.
    } finally {
      this.reading = false;
    }
  }

  private view(progress: RunProgress, now: number): ProgressView {
    const sum = (pick: (totals: RunProgress['benchmarks'][number]['totals']) => number): number =>
      progress.benchmarks.reduce((total, { totals }) => total + pick(totals), 0);
    const done = sum(({ scored, errors }) => scored + errors);
    const samples = progress.benchmarks.reduce((total, benchmark) => total + benchmark.samples, 0);
    this.looks.push({ at: now, done });
    while (this.looks.length > 2 && now - (this.looks[0]?.at ?? now) > RATE_WINDOW_MS) this.looks.shift();
    const first = this.looks[0] ?? { at: now, done };
    const rate = now > first.at && done > first.done ? ((done - first.done) * 1000) / (now - first.at) : null;
    const waiting = progress.benchmarks.find(({ waiting_for }) => waiting_for !== null);
    const paused = progress.benchmarks.some(({ state }) => state === 'paused');
    const jobs = progress.benchmarks.flatMap((benchmark) => benchmark.jobs ?? []).join('; ');
    return {
      done,
      samples,
      ...(jobs === '' ? {} : { jobs }),
      inFlight: progress.in_flight,
      rate,
      tokens: sum(({ tokens }) => tokens),
      errors: sum(({ errors }) => errors),
      score: done === 0 ? null : sum(({ reward_sum }) => reward_sum) / done,
      etaSeconds: rate === null ? null : (samples - done) / rate,
      notice: waiting
        ? `waiting for the ${waiting.jobs === undefined ? 'endpoint' : 'cluster'}: ${printable(waiting.waiting_for ?? '')}`
        : paused
          ? 'paused'
          : null,
    };
  }

  private show(view: ProgressView): void {
    if (view.notice !== this.lastNotice) {
      if (view.notice !== null) this.note(view.notice);
      else this.note('going on');
      this.lastNotice = view.notice;
    }
    if (this.output.isTTY) {
      const width = (this.output.columns ?? 80) - 1;
      this.output.write(`\r\u001b[K${formatProgress(view).slice(0, width)}`);
      this.shown = true;
    } else if (Date.now() - this.lastPlain >= PLAIN_MS) {
      this.lastPlain = Date.now();
      this.output.write(`${formatProgress(view)}\n`);
    }
  }

  private clear(): void {
    if (this.shown) this.output.write('\r\u001b[K');
    this.shown = false;
  }
}

/** The line itself, within 79 columns for a million samples. */
export function formatProgress(view: ProgressView): string {
  const percent = view.samples === 0 ? 100 : Math.floor((100 * view.done) / view.samples);
  const rate = view.rate === null ? '-/s' : `${view.rate < 10 ? view.rate.toFixed(1) : Math.round(view.rate)}/s`;
  const eta = `ETA ${view.etaSeconds === null ? '-' : duration(view.etaSeconds)}`;
  if (view.jobs !== undefined) return `${view.done}/${view.samples} ${percent}%  ${rate}  ${eta}  jobs: ${view.jobs}`;
  const parts = [
    `${view.done}/${view.samples} ${percent}%`,
    `${view.inFlight} in flight`,
    rate,
    `${compact(view.tokens)} tok`,
    `${view.errors} err`,
    view.score === null ? 'score -' : `score ${view.score.toFixed(3)}`,
    eta,
  ];
  const line = parts.join('  ');
  return line.length < NARROW ? line : parts.join(' ');
}

function compact(count: number): string {
  if (count < 10_000) return String(count);
  return count < 10_000_000 ? `${Math.round(count / 1000)}k` : `${(count / 1e6).toFixed(count < 99_950_000 ? 1 : 0)}M`;
}

/** Seconds as `42s`, `3m05s`, `2h10m`. */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  const pad = (n: number): string => String(n).padStart(2, '0');
  return s < 3600 ? `${Math.floor(s / 60)}m${pad(s % 60)}s` : `${Math.floor(s / 3600)}h${pad(Math.floor((s % 3600) / 60))}m`;
}
