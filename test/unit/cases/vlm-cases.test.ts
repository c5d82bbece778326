/** The runner of vision-language cases: what it accepts, and what it calls a difference. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isVlmCaseFile, runVlmCaseFile } from '../../../src/cases/vlm-cases.js';
import { DATA_DIR } from '../../data-dir.js';

async function run(content: unknown) {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'nel-vlm-cases-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = path.join(dir, 'any-name.json');
  await writeFile(file, JSON.stringify(content));
  return runVlmCaseFile(file);
}

const choices = { A: 'red', B: 'green' };

describe('a file of vision-language cases', () => {
  it('is told by its content', () => {
    expect(isVlmCaseFile({ cases: [{ fn: 'can_infer', input: 'A', choices, expected: 'A' }] })).toBe(true);
    expect(isVlmCaseFile({ prompts: [{ label: 'OCRBench', line: {}, vlmevalkit_msgs: [] }] })).toBe(true);
    expect(isVlmCaseFile({ POPE: { class: 'ImageYORNDataset', type: 'Y/N', url: 'u', md5: null } })).toBe(true);
    expect(isVlmCaseFile({ topic: 't', cases: [{ id: 'x', fn: 'mean', input: {}, expected: 1 }] })).toBe(false);
    for (const other of [{}, [], null, { cases: [] }, { cases: [{ fn: 'toString', expected: 1 }] }])
      expect(isVlmCaseFile(other)).toBe(false);
  });

  it('is run case by case, with the case named where it fails', async () => {
    const result = await run({
      cases: [
        { fn: 'can_infer', input: 'B', choices, expected: 'B' },
        { fn: 'can_infer', input: 'B', choices, expected: false },
        { fn: 'process_line(anls)+hit_calculate(DocVQA_VAL)', gold: "['a b']", input: 'a c', expected: { match: [1 / 3], hit: 2 / 3 } },
        { fn: 'relaxed_correctness', target: '1', input: '1', expected: true },
        { fn: 'toliststr', input: "['a']", expected: ['a', 'b'] },
      ],
    });
    expect(result).toEqual({
      passed: 3,
      failures: [
        { id: 'cases[1] can_infer', message: 'the result is "B", expected false' },
        { id: 'cases[4] toliststr', message: 'the result is ["a"], expected ["a","b"]' },
      ],
    });
  });

  it('compares prompts part by part, with the builder of the data set or class that the label names', async () => {
    const line = { index: 1, _p: ['/1.png'], question: 'Q', A: 4, B: null };
    const text = 'Question: Q\nOptions:\nA. 4\nPlease select the correct answer from the options above. \n';
    const image = { type: 'image', value: '/1.png' };
    const result = await run({
      prompts: [
        { label: 'ImageMCQDataset', line, vlmevalkit_msgs: [image, { type: 'text', value: text }] },
        { label: 'TextVQA_VAL (short)', line, vlmevalkit_msgs: [image, { type: 'text', value: 'Q' }] },
        { label: 'of no class', line, vlmevalkit_msgs: [] },
        { label: 'MMVet (judged)', line, vlmevalkit_msgs: [image, { type: 'text', value: 'Q' }] },
        { label: 'CustomVQADataset', line, vlmevalkit_msgs: [image, { type: 'text', value: 'Q' }] },
      ],
    });
    expect(result.passed).toBe(3);
    expect(result.failures.map(({ message }) => message)).toEqual([
      expect.stringContaining('single word or phrase'),
      expect.stringContaining('no data set or class'),
    ]);
  });

  it('compares data sets with the catalogue', async () => {
    const result = await run({
      SCAM: { class: 'SCAM', type: 'MCQ', url: 'None', md5: 'None' },
      POPE: { class: 'ImageYORNDataset', type: 'Y/N', url: 'https://elsewhere', md5: null },
      Nothing: { class: 'X', type: 'Y/N', url: '', md5: null },
    });
    expect(result.passed).toBe(1);
    expect(result.failures.map(({ id }) => id)).toEqual(['POPE', 'Nothing']);
  });

  it('fails a case of a function that is not known, and runs the others', async () => {
    const result = await run({
      cases: [
        { fn: 'can_infer', input: 'A', choices, expected: 'A' },
        { fn: 'not_there', input: 'A', expected: 'A' },
      ],
    });
    expect(result).toEqual({ passed: 1, failures: [{ id: 'cases[1] not_there', message: 'no function not_there is known here' }] });
  });

  it('that is none is refused', async () => {
    await expect(run({ cases: [] })).rejects.toThrow(/not a vision-language case file/);
  });

  const folder = path.join(DATA_DIR, 'vlm');
  it.skipIf(!existsSync(folder))('of the shared data passes whole', async () => {
    expect(await runVlmCaseFile(path.join(folder, 'scoring.json'))).toEqual({ passed: 52, failures: [] });
    expect(await runVlmCaseFile(path.join(folder, 'datasets.json'))).toEqual({ passed: 203, failures: [] });
  });
});
