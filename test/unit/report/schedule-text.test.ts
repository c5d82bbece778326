import { describe, expect, it } from 'vitest';
import { type ScheduleView, type ShownNight, scheduleLine, scheduleText } from '../../../src/report/schedule-text.js';

const night = (day: number, change: Partial<ShownNight> = {}): ShownNight => ({
  schema_version: 1,
  run_id: `2026010${day}T020000Z-abcdef`,
  started: `2026-01-0${day}T02:00:00.000Z`,
  finished: `2026-01-0${day}T03:00:00.000Z`,
  status: 'gated',
  verdict: 'GO',
  reasons: ['All 1 gated benchmark(s) passed'],
  baseline: null,
  score: 0.9,
  benchmarks: [{ name: 'sums', score: 0.9, delta: 0, status: 'PASS' }],
  became_last_go: true,
  notification_problem: null,
  ...change,
});

const view: ScheduleView = {
  name: 'main',
  paused: false,
  note: '',
  cron: '0 2 * * *',
  timezone: 'UTC',
  summary: 'eval.yaml by policy.yaml against last-go',
  dir: '/n/main',
  next: ['2026-01-04T02:00:00.000Z', '2026-01-05T02:00:00.000Z', '2026-01-06T02:00:00.000Z', '2026-01-07T02:00:00.000Z'],
  running: [],
  skipped: 0,
  missed: 0,
  last_go: { schema_version: 1, run_id: '20260101T020000Z-abcdef', dir: '/n/main/x', moved: '2026-01-01T03:00:00.000Z', by: 'go' },
  nights: [
    night(1),
    night(2, {
      verdict: 'NO-GO',
      reasons: ['BREACH: sums [critical]'],
      score: 0.5,
      benchmarks: [{ name: 'sums', score: 0.5, delta: -0.4, status: 'BREACH' }],
      became_last_go: false,
    }),
    night(3, {
      status: 'failed',
      verdict: null,
      reasons: ['the run did not end within 12h'],
      score: null,
      benchmarks: [],
      became_last_go: false,
      notification_problem: 'the receiver answered 500',
    }),
  ],
};

describe('a schedule', () => {
  it('is shown with its state, nights, what went wrong, and the trend', () => {
    expect(scheduleText(view).split('\n')).toEqual([
      'main  active  0 2 * * * (UTC)',
      'what      eval.yaml by policy.yaml against last-go',
      'folder    /n/main',
      'next      2026-01-04 02:00Z, 2026-01-05 02:00Z, 2026-01-06 02:00Z',
      'last-go   20260101T020000Z-abcdef (go, 2026-01-01 03:00Z)',
      '',
      'NIGHT              VERDICT  SCORE   DELTA    RUN (* became last-go)',
      '2026-01-01 02:00Z  GO       0.9000  +0.0000  20260101T020000Z-abcdef *',
      '2026-01-02 02:00Z  NO-GO    0.5000  -0.4000  20260102T020000Z-abcdef',
      '  - BREACH: sums [critical]',
      '2026-01-03 02:00Z  FAILED   -       -        20260103T020000Z-abcdef',
      '  - the run did not end within 12h',
      '  - notification not taken: the receiver answered 500',
      '',
      'TREND',
      '  sums  █▁  0.9000 → 0.5000 (-0.4000), lowest 0.5000, highest 0.9000',
      '',
    ]);
  });

  it('shows the delta of the largest damage, whichever way scores get better', () => {
    const benchmarks: ShownNight['benchmarks'] = [
      { name: 'sums', score: 0.9, delta: -0.01, direction: 'higher_is_better', status: 'PASS' },
      { name: 'toxicity', score: 0.2, delta: 0.15, direction: 'lower_is_better', status: 'BREACH' },
      { name: 'refusals', score: 0.1, delta: -0.3, direction: 'lower_is_better', status: 'PASS' },
      { name: 'unheld', score: 0.5, delta: null, direction: null, status: null },
    ];
    expect(scheduleText({ ...view, nights: [night(1, { benchmarks })] })).toContain(' GO       0.9000  +0.1500  ');
  });

  it('says what is under way and what was left out', () => {
    const text = scheduleText({ ...view, running: ['nel-nightly-main-x'], skipped: 2, missed: 1 });
    expect(text).toContain('under way nel-nightly-main-x\nleft out  2 while another night ran, 1 while no server did\n');
  });

  it('says why it is paused, and names no next time then', () => {
    const text = scheduleText({ ...view, paused: true, note: 'moving' });
    expect(text).toMatch(/^main {2}paused \(moving\) {2}/);
    expect(text).not.toContain('next ');
  });

  it('has level bars where scores do not differ', () => {
    expect(scheduleText({ ...view, nights: [night(1), night(2)] })).toContain('  sums  ▄▄  0.9000 → 0.9000 (+0.0000)');
  });

  it('lets nothing that was read move the cursor', () => {
    const text = scheduleText({ ...view, nights: [night(1, { verdict: 'NO-GO', reasons: ['\u001b[2Jgone\nnext line'] })] });
    expect(text).toContain('  - gone next line\n');
  });

  it('without nights says so', () => {
    expect(scheduleText({ ...view, nights: [], last_go: null })).toContain('last-go   none\n\nno night yet\n');
  });

  it('is one line in a list', () => {
    expect(scheduleLine(view, view.nights[2])).toBe('main  next 2026-01-04 02:00Z  last FAILED  eval.yaml by policy.yaml against last-go');
    expect(scheduleLine(view, 'unreadable')).toBe('main  next 2026-01-04 02:00Z  last unknown  eval.yaml by policy.yaml against last-go');
    expect(scheduleLine({ ...view, paused: true }, undefined)).toBe('main  paused  no night yet  eval.yaml by policy.yaml against last-go');
  });
});
