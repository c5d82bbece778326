/** The package `nel` for benchmark files: defineBenchmark, the scorers, and the types that a user's own code needs. */

export type * from './api/compare.js';
export { type CompareRunsOptions, compareRuns, writeRegression } from './api/compare.js';
export type * from './api/gate.js';
export { type GateRunsOptions, gateRuns, loadGatePolicy, writeGateReport } from './api/gate.js';
export { type BenchmarkDefinition, defineBenchmark, defineParametrized, type ScorerFunction } from './benchmarks/define.js';
export { type JsonSchemaOptions, jsonSchema } from './benchmarks/json-schema.js';
export type {
  Benchmark,
  BenchmarkFacts,
  BenchmarkParameter,
  BenchmarkTool,
  DatasetRef,
  FewShotSource,
  ParameterValues,
  Row,
  Scorer,
  ScorerInput,
  ScorerNeed,
  ScorerResult,
  ScorerTools,
  ScoreSummary,
  SummarySample,
} from './core/benchmark.js';
export { NelError, type NelErrorKind } from './core/errors.js';
export type { AnswerFailure } from './core/failures.js';
export type { Json, JsonObject } from './core/json.js';
export type { JudgeCall, JudgeRequest } from './core/judge.js';
export type { ChatMessage, ContentPart, GenerationSettings } from './core/model.js';
export type { Sandbox, SandboxJob, SandboxLimits, SandboxOutcome } from './core/sandbox.js';
export { type AliasMatchOptions, aliasMatch } from './core/scoring/alias-match.js';
export { type AnswerLineOptions, answerLine } from './core/scoring/answer-line.js';
export { type CodeExecutionOptions, type CodeInput, codeExecution } from './core/scoring/code-execution.js';
export { allOf, anyOf, type CombineOptions, type WeightedPart, weighted } from './core/scoring/combine.js';
export { type DropOptions, drop, dropTarget } from './core/scoring/drop.js';
export { type ExactMatchOptions, exactMatch } from './core/scoring/exact-match.js';
export { type ExtractCodeOptions, extractCode } from './core/scoring/extract-code.js';
export { answerFailure, isRefusal } from './core/scoring/failure.js';
export { gpqa } from './core/scoring/gpqa.js';
export { type Gsm8kOptions, gsm8k } from './core/scoring/gsm8k.js';
export { humanEval } from './core/scoring/humaneval.js';
export { ifeval } from './core/scoring/ifeval/scorer.js';
export { type JudgeLabel, type JudgeLabelsOptions, judgeLabels } from './core/scoring/judge.js';
export { type MathBoxedOptions, mathBoxed } from './core/scoring/math/scorer.js';
export { type MgsmOptions, mgsm } from './core/scoring/mgsm.js';
export { mmlu } from './core/scoring/mmlu.js';
export { mmluPro } from './core/scoring/mmlu-pro.js';
export { type MultipleChoiceOptions, multipleChoice } from './core/scoring/multiple-choice.js';
export { type NumericMatchOptions, numericMatch } from './core/scoring/numeric.js';
export { onAnswerLine } from './core/scoring/on-answer-line.js';
export { type RegexMatchOptions, regexMatch } from './core/scoring/regex.js';
export { targetOf } from './core/scoring/targets.js';
export { parseNumber, sameAnswer, undecorated } from './core/scoring/text.js';
export { tokenF1 } from './core/scoring/token-f1.js';
