/** `nel/stats`: the statistics behind scores, compare and gate, each documented with its source. The package's public entry to them. */

export { type BinomialInput, binomCdf, binomSfGe } from './binomial.js';
export type { Interval } from './checks.js';
export { chi2Sf } from './chi-squared.js';
export { type ClusteredMeanInput, type ClusteredMeanResult, clusteredMeanCi } from './clustered-mean.js';
export {
  type EvidenceStatus,
  type GateStatusInput,
  type GateStatusResult,
  type GateThresholds,
  gateStatus,
} from './gate-status.js';
export { type MannWhitneyInput, type MannWhitneyResult, mannWhitneyU } from './mann-whitney.js';
export { type McNemarInput, type McNemarResult, mcnemar } from './mcnemar.js';
export { type MeanSummary, studentMeanCi } from './mean-ci.js';
export { normalCdf, normalQuantile, normalSf } from './normal.js';
export { type AdjustedP, pAdjust } from './p-adjust.js';
export { type Direction, type PairedMeanInput, type PairedMeanResult, pairedMeanCi } from './paired-mean.js';
export { type PairedProportionInput, type PairedProportionResult, pairedProportionDiffCi } from './paired-proportion.js';
export {
  type PairedRepeatsInput,
  type PairedRepeatsResult,
  pairedRepeatsCi,
  type VarianceDecompositionResult,
  varianceDecomposition,
} from './paired-repeats.js';
export { type PassAtKInput, type PassAtKResult, type PassItem, passAtK, passAtKCi } from './pass-at-k.js';
export {
  type McNemarEffectInput,
  type McNemarSizeInput,
  mdeMcNemar,
  type NonInferiorityInput,
  nItemsMcNemar,
  nItemsNonInferiority,
} from './power-mcnemar.js';
export { nItemsPairedT, type PairedTInput } from './power-paired-t.js';
export { type SignFlipResult, signFlipExact } from './sign-flip-exact.js';
export { tQuantile, tSf } from './student-t.js';
export { type WilcoxonResult, wilcoxonSignedRank } from './wilcoxon.js';
export { type WilsonInput, wilson } from './wilson.js';
