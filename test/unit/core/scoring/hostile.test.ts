/** Answers of 200,000 characters that are made to be slow: no scorer may take more than linear time. */

import { describe, expect, it } from 'vitest';
import type { Scorer } from '../../../../src/core/benchmark.js';
import { aliasMatch } from '../../../../src/core/scoring/alias-match.js';
import { drop } from '../../../../src/core/scoring/drop.js';
import { extractCode } from '../../../../src/core/scoring/extract-code.js';
import { findJson } from '../../../../src/core/scoring/find-json.js';
import { gpqa } from '../../../../src/core/scoring/gpqa.js';
import { gsm8k } from '../../../../src/core/scoring/gsm8k.js';
import { mgsm } from '../../../../src/core/scoring/mgsm.js';
import { mmlu } from '../../../../src/core/scoring/mmlu.js';
import { onAnswerLine } from '../../../../src/core/scoring/on-answer-line.js';
import { tokenF1 } from '../../../../src/core/scoring/token-f1.js';

const LENGTH = 200_000;
/** Quadratic work on this length takes ten seconds and more; the slowest of these takes a tenth of a second on an idle core. */
const LIMIT_MS = 2_000;

const PIECES = [
  'Answer:',
  'Answer: ',
  'Answer',
  'Answer:\t',
  'Answer \n',
  ' ',
  '\n',
  '\t\n',
  '5',
  '5.',
  '1,',
  '1_',
  '٥',
  '1e',
  '$.,',
  '-',
  'a',
  'the ',
  "the'",
  'x',
  '`',
  '```',
  '```\n',
  '```python\n',
  '```a`',
  '```a`\n',
  '````\n',
  '```\n\n',
  '{',
  '[',
  '["',
  '{"a":',
  '{"a"',
  '[{',
  '}',
  '"',
  '\\',
  '\\"',
  '[1,',
  '**',
  '$\\boxed{',
  '答案',
  'Réponse  ',
  'é',
  '\u0301',
  '𝟝',
  '\u200b',
  'İ',
];
const ANSWERS = PIECES.map((piece) => {
  const long = piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH);
  return `x${long}\n`;
});

const en = { lang: 'en' };
const runs: readonly (readonly [string, (answer: string) => unknown])[] = [
  ...[aliasMatch(), drop(), gpqa(), gsm8k(), gsm8k({ strict: true }), mgsm(), mmlu(), onAnswerLine(drop()), tokenF1()].map(
    (scorer: Scorer) => [scorer.name, (answer: string) => scorer.score({ response: answer, target: '5', row: en })] as const,
  ),
  ['extractCode', extractCode],
  ['extractCode by the reference rule', (answer) => extractCode(answer, { rule: 'reference' })],
  ['findJson', findJson],
];

describe.each(runs)('%s', (_name, run) => {
  it('takes linear time on every hostile answer', () => {
    const slow: string[] = [];
    for (const answer of ANSWERS) {
      const start = performance.now();
      run(answer);
      const took = performance.now() - start;
      if (took > LIMIT_MS) slow.push(`${JSON.stringify(answer.slice(0, 20))} took ${Math.round(took)} ms`);
    }
    expect(slow).toEqual([]);
  }, 60_000);
});
