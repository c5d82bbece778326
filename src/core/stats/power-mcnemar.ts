/** How many 0/1 items does a paired comparison need, and what can the items at hand show? */

import { numberOrNull, requireCount, requireFinite, requireOpenProbability, requireProbability } from './checks.js';
import { type Rational, ratioToNumber, toCommonIntegers } from './decimals.js';
import { normalQuantile } from './normal.js';

/** z with P(Z > z) = p, for 0 < p < 1. */
function upperZ(p: number): number {
  return -(normalQuantile({ p }) as number);
}

/** Items from a formula's real number: whole, at least 1; null where it is beyond counting. */
function itemCount(n: number): number | null {
  const items = Math.max(1, Math.ceil(n));
  return Number.isSafeInteger(items) ? items : null;
}

export interface NonInferiorityInput {
  /** Share of items expected to flip either way, 0 to 1. */
  readonly discordance: number;
  /** The largest drop that is acceptable (max_drop), a share. */
  readonly margin: number;
  /** The drop that the candidate really has; 0 for "as good". */
  readonly true_damage: number;
  readonly alpha_one_sided: number;
  readonly power: number;
}

/** (ψ − d²) / (m − d)² in exact decimals: 0.03 − 0.01 is 0.02. */
function nonInferiorityRatio(discordance: number, margin: number, damage: number): Rational {
  const [psi = 0n, m = 0n, d = 0n, one = 1n] = toCommonIntegers([discordance, margin, damage, 1]);
  return { numerator: psi * one - d * d, denominator: (m - d) * (m - d) };
}

/**
 * How many paired 0/1 items until a candidate that is worse by `true_damage` passes a gate of `margin` under the confidence rule, with
 * probability `power`? ⌈(z_α + z_β)² (ψ − d²) / (m − d)²⌉, ψ the discordance, d the true damage, m the margin.
 *
 * J.-P. Liu, H.-M. Hsueh, E. Hsieh and J. J. Chen, "Tests for equivalence or non-inferiority for paired binary data", Statistics in Medicine 21 (2002), the
 * unrestricted (Wald) form. Items; at least 1.
 *
 * @returns null where no number suffices (true damage at or above the margin) or it is beyond counting
 * @throws RangeError naming the field, also where |true_damage| exceeds the discordance
 */
export function nItemsNonInferiority(input: NonInferiorityInput): number | null {
  const { discordance, margin, true_damage, alpha_one_sided, power } = input;
  requireProbability('discordance', discordance);
  requireFinite('margin', margin);
  requireFinite('true_damage', true_damage);
  requireOpenProbability('alpha_one_sided', alpha_one_sided);
  requireOpenProbability('power', power);
  if (Math.abs(true_damage) > discordance) throw new RangeError(`true_damage (${true_damage}) cannot exceed discordance (${discordance})`);
  if (margin <= true_damage) return null;
  const z = upperZ(alpha_one_sided) + upperZ(1 - power);
  if (z <= 0) return 1;
  const ratio = nonInferiorityRatio(discordance, margin, true_damage);
  return ratio.numerator === 0n ? 1 : itemCount(z * z * ratioToNumber(ratio));
}

export interface McNemarSizeInput {
  /** Share of items expected to flip either way, 0 to 1. */
  readonly discordance: number;
  /** Difference of the two success rates to be seen; its sign does not matter. */
  readonly delta: number;
  readonly alpha_two_sided: number;
  readonly power: number;
}

function checkTest(discordance: number, alpha: number, power: number): void {
  requireProbability('discordance', discordance);
  requireOpenProbability('alpha_two_sided', alpha);
  requireOpenProbability('power', power);
}

/**
 * How many paired 0/1 items until McNemar's test sees a difference of `delta`, with probability `power`?
 * ⌈(z_{α/2} √ψ + z_β √(ψ − δ²))² / δ²⌉.
 *
 * R. J. Connor, "Sample size for testing differences in proportions for the paired-sample design", Biometrics 43 (1987). Items; at least 1.
 *
 * @returns null for delta = 0, which no number of items shows, and beyond counting
 * @throws RangeError naming the field, also where |delta| exceeds the discordance
 */
export function nItemsMcNemar({ discordance, delta, alpha_two_sided, power }: McNemarSizeInput): number | null {
  checkTest(discordance, alpha_two_sided, power);
  requireFinite('delta', delta);
  if (Math.abs(delta) > discordance) throw new RangeError(`delta (${delta}) cannot exceed discordance (${discordance})`);
  if (delta === 0) return null;
  const [psi = 0n, d = 0n, one = 1n] = toCommonIntegers([discordance, delta, 1]);
  // ψ/δ² and (ψ − δ²)/δ², each rounded once.
  const all = ratioToNumber({ numerator: psi * one, denominator: d * d });
  const rest = psi * one === d * d ? 0 : ratioToNumber({ numerator: psi * one - d * d, denominator: d * d });
  const root = upperZ(alpha_two_sided / 2) * Math.sqrt(all) + upperZ(1 - power) * Math.sqrt(rest);
  return root <= 0 ? 1 : itemCount(root * root);
}

export interface McNemarEffectInput {
  /** Paired items. */
  readonly n: number;
  /** Share of items expected to flip either way, 0 to 1. */
  readonly discordance: number;
  readonly alpha_two_sided: number;
  readonly power: number;
}

/**
 * What is the smallest difference of success rates that McNemar's test on n items sees with probability `power`? Connor's formula
 * (see nItemsMcNemar) solved for δ: a quadratic. A share from 0 to the discordance.
 *
 * @returns null where even all flips one way (δ = ψ) would not be seen, so always for n = 0
 * @throws RangeError naming the field
 */
export function mdeMcNemar({ n, discordance, alpha_two_sided, power }: McNemarEffectInput): number | null {
  requireCount('n', n);
  checkTest(discordance, alpha_two_sided, power);
  const zAlpha = upperZ(alpha_two_sided / 2);
  const zBeta = upperZ(1 - power);
  // δ √n = z_α √ψ + z_β √(ψ − δ²), squared: (n + z_β²) δ² − 2 z_α √(ψ n) δ + (z_α² − z_β²) ψ = 0.
  const room = n + zBeta * zBeta - zAlpha * zAlpha;
  if (n === 0 || discordance === 0 || room < 0) return null;
  const delta = (Math.sqrt(discordance) * (zAlpha * Math.sqrt(n) + zBeta * Math.sqrt(room))) / (n + zBeta * zBeta);
  return delta > discordance ? null : numberOrNull(Math.max(0, delta));
}
