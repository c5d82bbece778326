/** The last lines of a log. */

import { expect, it } from 'vitest';
import { lastLines } from '../../../src/workers/shard-log.js';

it('are eight at most, without blank ones and what a progress bar has written over', () => {
  const log = Array.from({ length: 20 }, (_, i) => `line ${i}\n\n`).join('');
  expect(lastLines(log).split('\n')).toEqual(Array.from({ length: 8 }, (_, i) => `line ${i + 12}`));
  expect(lastLines('10%\r20%\rdone\r\n')).toBe('10%\n20%\ndone');
  expect(lastLines('')).toBe('');
});

it('are cut where they are long', () => {
  expect(lastLines('x'.repeat(1_000))).toHaveLength(200);
});
