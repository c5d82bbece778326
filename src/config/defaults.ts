/** What a run uses where neither a flag, the file nor the environment says anything: read by the schema (as documentation) and by resolve. */

/** Units: `request_timeout` in seconds, `max_error_rate` as a share from 0 to 1, the rest counts. */
export const DEFAULTS = Object.freeze({
  protocol: 'chat_completions',
  concurrency: 64,
  request_timeout: 600,
  max_retries: 8,
  repeats: 1,
  output_dir: './results',
  max_error_rate: 0.01,
  max_turns: 10,
} as const);
