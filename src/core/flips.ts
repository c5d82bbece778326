/** Which samples went from right to wrong, or back, between two runs, with what both answered. */

import { compareIds, type ProblemId } from './pairing.js';

/** A sample as far as flips need it. */
export interface CompareSample {
  readonly repeat: number;
  readonly reward: number;
  readonly error: boolean;
  readonly category: string | null;
  readonly expected: string | null;
  /** What was taken for the answer; null where nothing was found. */
  readonly answer: string | null;
}

export interface Flip {
  readonly problem_idx: ProblemId;
  readonly repeat: number;
  readonly category: string | null;
  readonly expected_answer: string | null;
  readonly baseline_answer: string | null;
  readonly candidate_answer: string | null;
  readonly baseline_reward: number;
  readonly candidate_reward: number;
  /** The candidate, or the baseline, has no answer at all: the call failed. */
  readonly error: boolean;
}

export interface Flips {
  /** Pairs of samples with the same problem_idx and repeat. */
  readonly n_paired: number;
  readonly n_regressions: number;
  readonly n_improvements: number;
  readonly n_both_right: number;
  readonly n_both_wrong: number;
  /** Right in the baseline, wrong in the candidate, in the order of problem_idx and repeat. */
  readonly regressions: readonly Flip[];
  readonly improvements: readonly Flip[];
}

type Samples = ReadonlyMap<ProblemId, readonly CompareSample[]>;

/** A sample is right when its reward is above `correctAbove`; an error is never right. */
export function findFlips(baseline: Samples, candidate: Samples, correctAbove: number): Flips {
  const counts = { n_paired: 0, n_both_right: 0, n_both_wrong: 0 };
  const regressions: Flip[] = [];
  const improvements: Flip[] = [];
  const right = ({ reward, error }: CompareSample): boolean => !error && reward > correctAbove;
  for (const id of [...baseline.keys()].sort(compareIds)) {
    const others = new Map(candidate.get(id)?.map((sample) => [sample.repeat, sample]));
    for (const before of [...(baseline.get(id) ?? [])].sort((a, b) => a.repeat - b.repeat)) {
      const after = others.get(before.repeat);
      if (after === undefined) continue;
      counts.n_paired++;
      if (right(before) && right(after)) counts.n_both_right++;
      else if (!right(before) && !right(after)) counts.n_both_wrong++;
      else (right(before) ? regressions : improvements).push(flip(id, before, after));
    }
  }
  return { ...counts, n_regressions: regressions.length, n_improvements: improvements.length, regressions, improvements };
}

function flip(id: ProblemId, before: CompareSample, after: CompareSample): Flip {
  return {
    problem_idx: id,
    repeat: before.repeat,
    category: before.category ?? after.category,
    expected_answer: before.expected ?? after.expected,
    baseline_answer: before.answer,
    candidate_answer: after.answer,
    baseline_reward: before.reward,
    candidate_reward: after.reward,
    error: before.error || after.error,
  };
}
