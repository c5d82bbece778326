/** Waits out a store that does not answer: nothing that was paid for is given up because a disk elsewhere is away for a while. */

import { setTimeout as delay } from 'node:timers/promises';
import { NelError } from '../core/errors.js';
import { StoreUnavailable } from '../core/store.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

export interface Patience {
  readonly log: (line: string) => void;
  /** Ends the waiting; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of waiting after which it is given up; default: never. */
  readonly limitMs?: number;
}

/**
 * Does `work` until it no longer throws StoreUnavailable; says so once.
 * @throws what else `work` throws; NelError of kind `run` after `limitMs`
 */
export async function patiently<T>(work: () => Promise<T>, { log, signal, limitMs = Number.POSITIVE_INFINITY }: Patience): Promise<T> {
  const start = performance.now();
  for (let wait = FIRST_WAIT_MS, said = false; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (performance.now() - start + wait > limitMs)
        throw new NelError('run', error.message, { hint: 'Check AWS_ENDPOINT_URL_S3 and the network, then start the same command again.' });
      if (!said) log(`${error.message}; trying again until it does`);
      said = true;
    }
    await delay(wait, undefined, signal === undefined ? {} : { signal });
  }
}
