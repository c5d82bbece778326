/** What the config tests share: a small file as text, and what an error says. */

import { NelError } from '../../../src/core/errors.js';

/** Lines joined, so that line numbers in expectations can be counted. */
export function yaml(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** Kind, message and hint of the NelError that `action` has to throw. */
export function errorOf(action: () => unknown): { kind: string; message: string; hint?: string } {
  try {
    action();
  } catch (error) {
    if (!(error instanceof NelError)) throw error;
    const { kind, message, hint } = error;
    return hint === undefined ? { kind, message } : { kind, message, hint };
  }
  throw new Error('nothing was thrown');
}
