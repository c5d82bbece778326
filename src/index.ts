/** The package `nel` for benchmark files: defineBenchmark, the scorers, and the types that a user's own code needs. */

export type * from './api/compare.js';
export { type CompareRunsOptions, compareRuns, writeRegression } from './api/compare.js';
export type * from './api/gate.js';
export { type GateRunsOptions, gateRuns, loadGatePolicy, writeGateReport } from './api/gate.js';
export { type BenchmarkDefinition, defineBenchmark, type ScorerFunction } from './benchmarks/define.js';
export type { Benchmark, DatasetRef, Row, Scorer, ScorerInput, ScorerResult } from './core/benchmark.js';
export { NelError, type NelErrorKind } from './core/errors.js';
export type { AnswerFailure } from './core/failures.js';
export type { Json, JsonObject } from './core/json.js';
export type { ChatMessage, ContentPart, GenerationSettings } from './core/model.js';
export { type AnswerLineOptions, answerLine } from './core/scoring/answer-line.js';
export { type ExactMatchOptions, exactMatch } from './core/scoring/exact-match.js';
export { answerFailure, isRefusal } from './core/scoring/failure.js';
export { type Gsm8kOptions, gsm8k } from './core/scoring/gsm8k.js';
export { mmluPro } from './core/scoring/mmlu-pro.js';
export { type MultipleChoiceOptions, multipleChoice } from './core/scoring/multiple-choice.js';
export { type NumericMatchOptions, numericMatch } from './core/scoring/numeric.js';
export { parseNumber, sameAnswer, undecorated } from './core/scoring/text.js';
