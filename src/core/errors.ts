/** Errors that a person can act on. Each says what, where and what to do; the CLI maps `kind` to an exit code. */

/** Where in a user's file an error is: line and column count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** `file:line:column`, with what is unknown left out. */
export function formatPosition({ file, line, column }: SourcePosition): string {
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
}

/**
 * - `usage`: a wrong flag or command; `config`: a bad config or policy file; `data`: a broken row, artifact or data set (all exit 3)
 * - `run`: the run failed (exit 4)
 */
export type NelErrorKind = 'usage' | 'config' | 'data' | 'run';

/** An expected error: shown as `message` and `hint`, without a stack. Never holds a secret. */
export class NelError extends Error {
  override readonly name = 'NelError';
  readonly kind: NelErrorKind;
  /** What to do about it, one sentence. */
  readonly hint: string | undefined;

  constructor(kind: NelErrorKind, message: string, options: { hint?: string; at?: SourcePosition; cause?: unknown } = {}) {
    super(
      options.at ? `${formatPosition(options.at)}: ${message}` : message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.kind = kind;
    this.hint = options.hint;
  }
}

/** The message of anything thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
