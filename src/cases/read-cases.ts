/** Reads a file of cases of one kind: what the runners of statistics, scorer and vision-language cases begin with. */

import { readFile } from 'node:fs/promises';
import { errorMessage, NelError } from '../core/errors.js';

export interface CaseKind {
  /** Says which it is: `not a ${what} case file`. */
  readonly what: string;
  readonly accepts: (json: unknown) => boolean;
  /** What such a file has to hold. */
  readonly needs: string;
}

/** @throws NelError of kind `data` when the file cannot be read or holds something else */
export async function readCases(file: string, { what, accepts, needs }: CaseKind): Promise<unknown> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new NelError('data', `cannot read the case file: ${errorMessage(cause)}`, { at: { file }, cause });
  }
  if (!accepts(json)) throw new NelError('data', `not a ${what} case file`, { at: { file }, hint: needs });
  return json;
}
