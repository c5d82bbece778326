/** Exit codes of every command. */

import type { NelErrorKind } from '../core/errors.js';

export const EXIT = {
  OK: 0,
  /** NO-GO, or a regression under `compare --strict`. */
  NO_GO: 1,
  INCONCLUSIVE: 2,
  /** Usage, config or data error. */
  USAGE: 3,
  /** The run failed or was cancelled. */
  RUN_FAILED: 4,
  /** Interrupted; the run can be resumed. */
  INTERRUPTED: 130,
} as const;

/** The exit code of an expected error. */
export function exitCodeOf(kind: NelErrorKind): number {
  return kind === 'run' ? EXIT.RUN_FAILED : EXIT.USAGE;
}
