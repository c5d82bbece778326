/** The GSM8K scorers against cases made with the reference implementation. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { gsm8k } from '../../../../src/core/scoring/gsm8k.js';
import { DATA_DIR } from '../../../data-dir.js';

interface Case {
  input: string;
  gold: string;
  expected: { extracted: string; exact_match: number };
}

describe.each([
  ['gsm8k-flexible', gsm8k()],
  ['gsm8k-strict', gsm8k({ strict: true })],
])('%s', (name, scorer) => {
  const file = path.join(DATA_DIR, 'scorers', `${name}.json`);
  const cases = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases : [];
  it.skipIf(cases.length === 0)('has its reference cases', () => expect(cases.length).toBeGreaterThan(10));
  it.each(cases)('judges $input against $gold as the reference does', async ({ input, gold, expected }) => {
    const result = await scorer.score({ response: input, target: gold, row: {} });
    expect({ extracted: result.extracted ?? '[invalid]', exact_match: result.reward }).toEqual(expected);
  });
});
