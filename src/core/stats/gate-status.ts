/** One benchmark's status at the gate under both evidence rules, from its paired items: the statistical core of core/gate.ts. */

import { type Interval, requireFinite, requireNumbers, requireSameLength } from './checks.js';
import { accurateMean } from './moments.js';
import { type Direction, pairedMeanCi, requireDirection } from './paired-mean.js';
import { pairedProportionDiffCi } from './paired-proportion.js';

export type EvidenceStatus = 'PASS' | 'BREACH' | 'INSUFFICIENT_EVIDENCE';

export interface GateThresholds {
  /** Absent: higher_is_better. */
  readonly direction?: Direction;
  /** Largest damage that passes, in the metric's unit; absent or null: no such limit. */
  readonly max_drop?: number | null;
  /** Largest damage that passes as a share of |baseline|; absent or null: no such limit. */
  readonly max_relative_drop?: number | null;
  /** The relative rule holds only where the baseline is below this; absent or null: always. */
  readonly relative_guard_below?: number | null;
}

export interface GateStatusInput {
  /** One value an item, same order on both sides. */
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
  readonly policy: GateThresholds;
}

export interface GateStatusResult {
  /** By the point estimate. */
  readonly point: EvidenceStatus;
  /** By the 95% interval. */
  readonly ci: EvidenceStatus;
}

/** Fewer paired items than this decide nothing. */
const MIN_ITEMS = 10;
const CONFIDENCE = 0.95;
/** A drop equal to the limit passes; 0.8 − 0.79 in doubles is above 0.01 by 1e-17, and rewards may carry a few such errors. */
const SLACK = 1e-9;

/** The damage's interval that decides: Student's, or Bonett-Price's where 0/1 items leave that one without width. */
function damageInterval(
  baseline: readonly number[],
  candidate: readonly number[],
  direction: Direction,
  confidence: number,
): { damage: number | null; interval: Interval | null; method: 'student-t' | 'bonett-price' | 'none' } {
  const { damage, damage_ci_lower: lower, damage_ci_upper: upper } = pairedMeanCi({ baseline, candidate, confidence, direction });
  if (lower === null || upper === null) return { damage, interval: null, method: 'none' };
  const binary = (values: readonly number[]) => values.every((value) => value === 0 || value === 1);
  if (lower < upper || !binary(baseline) || !binary(candidate)) return { damage, interval: [lower, upper], method: 'student-t' };
  const flips = (from: number, to: number) => baseline.filter((value, i) => value === from && candidate[i] === to).length;
  const { bonett_price } = pairedProportionDiffCi({ b: flips(1, 0), c: flips(0, 1), n: baseline.length, confidence });
  if (bonett_price === null) return { damage, interval: null, method: 'none' };
  const [low, high] = bonett_price;
  return { damage, interval: direction === 'lower_is_better' ? [low, high] : [0 - high, 0 - low], method: 'bonett-price' };
}

interface Limit {
  /** In the metric's unit. */
  readonly damage: number;
  readonly slack: number;
}

/** The limits on the damage that hold for this baseline. Each is checked, so the tightest decides. */
function limits(policy: GateThresholds, baselineMean: number): Limit[] {
  const { max_drop = null, max_relative_drop = null, relative_guard_below = null } = policy;
  const found = max_drop === null ? [] : [{ damage: max_drop, slack: SLACK }];
  const guarded = relative_guard_below === null || baselineMean < relative_guard_below - SLACK;
  // A baseline of 0 has no relative drop.
  const scale = Math.abs(baselineMean);
  if (max_relative_drop !== null && guarded && scale > 0) found.push({ damage: max_relative_drop * scale, slack: SLACK * scale });
  return found;
}

function checkPolicy({ direction, max_drop = null, max_relative_drop = null, relative_guard_below = null }: GateThresholds): void {
  if (direction !== undefined) requireDirection(direction);
  for (const [field, value] of Object.entries({ max_drop, max_relative_drop })) {
    if (value === null) continue;
    requireFinite(`policy.${field}`, value);
    if (value < 0) throw new RangeError(`policy.${field} must not be negative, not ${value}`);
  }
  if (relative_guard_below !== null) requireFinite('policy.relative_guard_below', relative_guard_below);
  if (max_drop === null && max_relative_drop === null) throw new RangeError('policy needs max_drop or max_relative_drop');
}

/**
 * Does the candidate pass on these items? `point`: damage above a limit is a BREACH, equal passes. `ci`: the 95% interval of the damage
 * wholly above a limit is a BREACH, not above any a PASS, across one INSUFFICIENT_EVIDENCE (a non-inferiority test of size 2.5%;
 * G. Piaggio et al., JAMA 308, 2012). The baseline counts as given in the relative rule.
 *
 * Fewer than 10 items, so also n = 0 and 1: INSUFFICIENT_EVIDENCE under both rules.
 *
 * @throws RangeError when the sides differ in length, a value is not finite, or the policy has no limit or a negative one
 */
export function gateStatus({ baseline, candidate, policy }: GateStatusInput): GateStatusResult {
  requireNumbers('baseline', baseline);
  requireNumbers('candidate', candidate);
  requireSameLength('baseline', baseline, 'candidate', candidate);
  checkPolicy(policy);
  const undecided: GateStatusResult = { point: 'INSUFFICIENT_EVIDENCE', ci: 'INSUFFICIENT_EVIDENCE' };
  if (baseline.length < MIN_ITEMS) return undecided;
  const direction = policy.direction ?? 'higher_is_better';
  const { damage, interval } = damageInterval(baseline, candidate, direction, CONFIDENCE);
  if (damage === null || interval === null) return undecided;
  const [lower, upper] = interval;
  // Values of 1e8 carry errors above the slack.
  const largest = [...baseline, ...candidate].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const noise = 8 * Number.EPSILON * largest;
  const bounds = limits(policy, accurateMean(baseline));
  const above = (value: number) => bounds.some((limit) => value - limit.damage > Math.max(limit.slack, noise));
  return {
    point: above(damage) ? 'BREACH' : 'PASS',
    ci: above(lower) ? 'BREACH' : above(upper) ? 'INSUFFICIENT_EVIDENCE' : 'PASS',
  };
}
