/** A benchmark's damage against its limits, under both evidence rules, with the reasons in words. */

import type { GateBenchmark, GateStatus } from './gate.js';
import { formatPercent, formatValue } from './gate-words.js';
import { exceeds, tidy } from './numbers.js';
import { itemsToSettle, type PairedInterval } from './paired-interval.js';
import type { ResolvedPolicy } from './policy.js';

/** The damage held against one limit; all in the limit's unit. */
interface Check {
  readonly name: 'Absolute' | 'Relative';
  readonly limit: number;
  readonly damage: number;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly point: GateStatus;
  readonly confidence: GateStatus;
}

/** What a benchmark's limits come to. */
export interface CheckedLimits {
  readonly outcome: Pick<GateBenchmark, 'status' | 'absolute_breached' | 'relative_breached' | 'reasons'>;
  readonly warnings: readonly string[];
}

/**
 * Holds the damage against both limits, by the point estimate and by the whole interval; the policy's rule decides, and where
 * the interval would not have said the same, a warning tells how many items would settle it.
 *
 * @param size problems that the benchmark has
 */
export function checkLimits(interval: PairedInterval, policy: ResolvedPolicy, size: number): CheckedLimits {
  const damage = damageOf(interval, policy);
  const checks = [check('Absolute', policy.max_drop, damage, 1)];
  const notes: string[] = [];
  const guard = relativeGuard(interval, policy);
  if (guard === 'zero') notes.push('the baseline is 0: max_relative_drop cannot be held against it');
  if (guard === 'on') checks.push(check('Relative', policy.max_relative_drop as number, damage, Math.abs(interval.baseline)));
  const statuses = checks.map((one) => one[policy.evidence]);
  const status: GateStatus = statuses.includes('BREACH')
    ? 'BREACH'
    : statuses.includes('INSUFFICIENT_EVIDENCE')
      ? 'INSUFFICIENT_EVIDENCE'
      : 'PASS';
  const breached = (name: Check['name']) => checks.some((one) => one.name === name && one[policy.evidence] === 'BREACH');
  const settle = (one: Check) => settleWords(one, interval, size);
  const unsupported = checks.filter((one) => policy.evidence === 'point' && one.point !== one.confidence);
  return {
    outcome: {
      status,
      absolute_breached: breached('Absolute'),
      relative_breached: breached('Relative'),
      reasons: reasonsFor({ status, checks, policy, baseline: interval.baseline, settle }),
    },
    warnings: [...notes, ...unsupported.map((one) => `${one.point} rests on the point estimate: ${intervalWords(one)}; ${settle(one)}`)],
  };
}

function damageOf({ delta, lower, upper }: PairedInterval, { direction }: ResolvedPolicy) {
  if (direction === 'lower_is_better') return { value: delta, lower, upper };
  return { value: -delta, lower: upper === null ? null : -upper, upper: lower === null ? null : -lower };
}

function relativeGuard({ baseline }: PairedInterval, policy: ResolvedPolicy): 'on' | 'off' | 'zero' {
  if (policy.max_relative_drop === null) return 'off';
  if (tidy(baseline) === 0) return 'zero';
  return policy.relative_guard_below === null || exceeds(policy.relative_guard_below, baseline) ? 'on' : 'off';
}

function check(name: Check['name'], limit: number, damage: ReturnType<typeof damageOf>, unit: number): Check {
  const value = damage.value / unit;
  const lower = damage.lower === null ? null : damage.lower / unit;
  const upper = damage.upper === null ? null : damage.upper / unit;
  let confidence: GateStatus = 'INSUFFICIENT_EVIDENCE';
  if (lower !== null && exceeds(lower, limit)) confidence = 'BREACH';
  else if (upper !== null && !exceeds(upper, limit)) confidence = 'PASS';
  return { name, limit, damage: value, lower, upper, point: exceeds(value, limit) ? 'BREACH' : 'PASS', confidence };
}

interface ReasonsInput {
  readonly status: GateStatus;
  readonly checks: readonly Check[];
  readonly policy: ResolvedPolicy;
  readonly baseline: number;
  readonly settle: (check: Check) => string;
}

function reasonsFor({ status, checks, policy, baseline, settle }: ReasonsInput): string[] {
  const rule = policy.evidence;
  if (status === 'PASS') {
    const [absolute] = checks as [Check];
    if (absolute.damage <= 0) return [absolute.damage < 0 ? 'The candidate is better' : 'No change'];
    const [drop, limit] = shown(absolute);
    return [`${dropWord(policy)} ${drop} is within threshold ${limit}`];
  }
  return checks
    .filter((one) => one[rule] === status)
    .map((one) => {
      const [drop, limit] = shown(one);
      if (status === 'INSUFFICIENT_EVIDENCE') return `${capital(intervalWords(one))}; ${settle(one)}`;
      const of = one.name === 'Relative' ? ` of the baseline ${formatValue(baseline, 0)}` : '';
      const by = rule === 'confidence' ? `: ${intervalWords(one)}` : '';
      return `${one.name} ${dropWord(policy).toLowerCase()} ${drop}${of} exceeds threshold ${limit}${by}`;
    });
}

function dropWord({ direction }: ResolvedPolicy): string {
  return direction === 'higher_is_better' ? 'Drop' : 'Rise';
}

/** Damage and limit as texts, with as many digits as it takes to see which is the larger. */
function shown({ name, damage, limit }: Check): readonly [string, string] {
  return name === 'Absolute' ? [formatValue(damage, limit), String(limit)] : [formatPercent(damage, limit), formatPercent(limit, null)];
}

function intervalWords({ name, lower, upper, limit }: Check): string {
  if (lower === null || upper === null) return 'there is no interval';
  const text = (value: number) => (name === 'Absolute' ? formatValue(value, limit) : formatPercent(value, limit));
  const place = exceeds(lower, limit) ? 'lies above' : exceeds(upper, limit) ? 'includes' : 'lies within';
  const limitName = name === 'Absolute' ? `max_drop ${limit}` : `max_relative_drop ${formatPercent(limit, null)}`;
  return `the 95% interval of the damage, ${text(lower)} to ${text(upper)}, ${place} ${limitName}`;
}

function settleWords({ name, damage, limit }: Check, interval: PairedInterval, size: number): string {
  const widen = `add repeats or widen ${name === 'Absolute' ? 'max_drop' : 'max_relative_drop'}`;
  if (interval.variance === null) return widen;
  const gap = name === 'Absolute' ? damage - limit : (damage - limit) * Math.abs(interval.baseline);
  const needed = itemsToSettle(interval.variance, gap);
  if (needed === null) return `the damage is at the limit, no number of items would settle it: ${widen}`;
  const now = `about ${needed.toLocaleString('en-US')} paired items would settle it (now ${interval.n.toLocaleString('en-US')})`;
  return needed > size ? `${now}, more than the benchmark has: ${widen}` : now;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
