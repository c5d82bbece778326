/** Why a sample has no credit: what the model answered (the sample is scored 0) or why it could not be asked (an error). */

/** The model answered, the answer earns nothing: `status` is `scored`. A well-formed wrong answer is no failure. */
export const ANSWER_FAILURES = ['refusal', 'format_error', 'empty_response', 'truncated', 'content_filter'] as const;

/** No answer could be had or verified for good: `status` is `error`, counted in coverage, retried by `--resume`. */
export const CALL_FAILURES = [
  'timeout',
  'rate_limit',
  'server_error',
  'connection',
  'bad_response',
  'context_length',
  'verify_error',
] as const;

export type AnswerFailure = (typeof ANSWER_FAILURES)[number];
export type CallFailure = (typeof CALL_FAILURES)[number];
export type FailureCategory = AnswerFailure | CallFailure;
