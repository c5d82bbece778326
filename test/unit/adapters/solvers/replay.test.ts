/** Recorded answers: how they are found, and what has none. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openReplaySolver } from '../../../../src/adapters/solvers/replay.js';
import type { Seed } from '../../../../src/core/environment.js';
import { NelError, type NelErrorKind } from '../../../../src/core/errors.js';
import type { SolveContext } from '../../../../src/core/solver.js';
import type { ReplayKey } from '../../../../src/core/spec.js';

const dir = mkdtempSync(path.join(tmpdir(), 'nel-replay-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let files = 0;

function file(lines: readonly unknown[], ending = '.jsonl'): string {
  const target = path.join(dir, `${files++}${ending}`);
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  writeFileSync(target, ending.endsWith('.gz') ? gzipSync(text) : text);
  return target;
}

async function open(lines: readonly unknown[], key: ReplayKey = 'auto', ending = '.jsonl') {
  const solver = await openReplaySolver({ file: file(lines, ending), key });
  return async (problemIdx: number, repeat = 0, prompt = '') => {
    const seed: Seed = { prompt, messages: [], expected_answer: '', category: null, metadata: {} };
    const context = { problemIdx, repeat, request: solver.request(seed, repeat) } as SolveContext;
    return (await solver.solve(seed, context)).response;
  };
}

const MISSING = { name: 'ModelCallError', category: 'bad_response', disposition: 'fail_sample' };

describe('by problem_idx', () => {
  it('finds the answer of each problem and repeat, in any order of lines', async () => {
    const answer = await open([
      { problem_idx: 1, repeat: 1, response: 'b1' },
      { problem_idx: 0, response: 'a' },
      { problem_idx: 1, repeat: 0, response: 'b0' },
    ]);
    expect([await answer(0), await answer(1, 0), await answer(1, 1)]).toEqual(['a', 'b0', 'b1']);
  });

  it('takes several lines of a problem that do not say which repeat they are for its repeats', async () => {
    const answer = await open([
      { problem_idx: 0, response: 'a' },
      { problem_idx: 0, response: 'b' },
    ]);
    expect([await answer(0, 0), await answer(0, 1)]).toEqual(['a', 'b']);
  });

  it('fails the sample of a problem or a repeat without an answer, and never takes another one’s', async () => {
    const answer = await open([{ problem_idx: 0, response: 'a' }]);
    await expect(answer(1)).rejects.toMatchObject({ ...MISSING, message: expect.stringContaining('problem_idx 1, repeat 0') });
    await expect(answer(0, 1)).rejects.toMatchObject(MISSING);
  });

  it('takes an empty answer for one', async () => {
    expect(await (await open([{ problem_idx: 0, response: '' }]))(0)).toBe('');
  });
});

describe('a trajectories.jsonl', () => {
  const model = {
    content: 'a',
    reasoning_content: 'r',
    model: 'm',
    finish_reason: 'length',
    tokens: { prompt: 1, completion: 2, total: 3 },
  };

  it('is replayed with reasoning, tokens and finish reason', async () => {
    const solver = await openReplaySolver({ file: file([{ problem_idx: 4, repeat: 0, prompt: 'p', model }]), key: 'auto' });
    const seed = { prompt: 'p' } as Seed;
    const { response, model: replayed } = await solver.solve(seed, { problemIdx: 4, repeat: 0 } as SolveContext);
    expect(response).toBe('a');
    expect(replayed).toEqual({ ...model, tokens: { prompt: 1, completion: 2, reasoning: null, total: 3 } });
  });

  it('has errors where the run had them', async () => {
    const answer = await open([
      { problem_idx: 0, repeat: 0, prompt: 'p', model: null, model_error: { category: 'timeout' } },
      { problem_idx: 1, repeat: 0, prompt: 'q', model },
    ]);
    await expect(answer(0)).rejects.toMatchObject(MISSING);
    expect(await answer(1)).toBe('a');
  });

  it('is found by prompt as well, by the repeats that it names', async () => {
    const again = { ...model, content: 'b' };
    const lines = [
      { problem_idx: 7, repeat: 1, prompt: 'the same prompt', model: again },
      { problem_idx: 7, repeat: 0, prompt: 'the same prompt', model },
    ];
    const answer = await open(lines, 'prompt');
    expect([await answer(0, 0, 'the same prompt'), await answer(0, 1, 'the same prompt')]).toEqual(['a', 'b']);
  });
});

describe('by prompt', () => {
  it('finds what was recorded for the prompt, or for a question in it', async () => {
    const answer = await open([
      { question: 'How many legs has a spider?', response: 'eight' },
      { prompt: 'Q: 2?', response: 'two' },
    ]);
    expect(await answer(9, 0, 'Solve this.\n\nQuestion: How many legs has a spider?\nAnswer:')).toBe('eight');
    expect(await answer(9, 0, 'Q: 2?')).toBe('two');
  });

  it('prefers the longest question that the prompt holds', async () => {
    const answer = await open([
      { question: 'How many legs has a spider?', response: 'short' },
      { question: 'How many legs has a spider? And two of them?', response: 'long' },
      { question: 'a spider', response: 'shorter' },
    ]);
    expect(await answer(0, 0, 'Q: How many legs has a spider? And two of them?')).toBe('long');
  });

  it('does not take a part of a longer word or number for the question', async () => {
    const answer = await open([{ question: '1 + 1 =', response: '2' }]);
    expect(await answer(0, 0, 'Q: 1 + 1 = ?')).toBe('2');
    await expect(answer(0, 0, 'Q: 11 + 1 = ?')).rejects.toMatchObject(MISSING);
  });

  it('takes several answers to one prompt for its repeats, and has no more of them than were recorded', async () => {
    const answer = await open([
      { prompt: 'p', response: 'a' },
      { prompt: 'p', response: 'b' },
    ]);
    expect([await answer(0, 0, 'p'), await answer(0, 1, 'p')]).toEqual(['a', 'b']);
    await expect(answer(0, 2, 'p')).rejects.toMatchObject(MISSING);
  });

  const asking = async (recordings: readonly unknown[], ...problems: readonly (readonly [prompt: string, image?: string])[]) => {
    const seeds = problems.map(
      ([prompt, image = '']) => ({ prompt, messages: [{ role: 'user', content: prompt + image }] }) as unknown as Seed,
    );
    const seed = (i: number): Seed => seeds[i] ?? expect.fail('there is no such problem');
    return openReplaySolver({ file: file(recordings), key: 'auto', problems: { count: seeds.length, seed } });
  };
  const TWICE = { kind: 'data', message: expect.stringContaining('problem_idx 0 and 1'), hint: expect.stringContaining('problem_idx') };

  it.each([
    ['one recording', [{ question: 'Which is red?', response: 'A' }]],
    [
      'a recording for each',
      [
        { question: 'Which is red?', response: 'A' },
        { question: 'Which is red?', response: 'B' },
      ],
    ],
  ])('refuses %s of a question that two problems ask with different options', async (_what, recordings) => {
    await expect(asking(recordings, ['Which is red?\nA. blood'], ['Which is red?\nA. snow'])).rejects.toMatchObject(TWICE);
  });

  it('refuses a recording for two problems that differ in their image only', async () => {
    await expect(asking([{ prompt: 'What is it?', response: 'A' }], ['What is it?', '1'], ['What is it?', '2'])).rejects.toMatchObject(
      TWICE,
    );
  });

  it('takes a recording for a problem that stands twice in the data, and looks at no problem by problem_idx', async () => {
    await asking([{ question: 'Which is red?', response: 'A' }], ['Which is red?\nA. blood'], ['Which is red?\nA. blood']);
    await asking([{ problem_idx: 0, question: 'Which is red?', response: 'A' }], ['Which is red?\nA. blood'], ['Which is red?\nA. snow']);
  });

  it('says what to do where the question is a few-shot example of both', async () => {
    const recordings = [{ question: 'Which is red?', response: 'A' }];
    const shots = 'Which is red?\nA\n\n';
    await expect(asking(recordings, [`${shots}Which is blue?`], [`${shots}Which is green?`])).rejects.toMatchObject({
      kind: 'data',
      hint: expect.stringMatching(/few-shot example.*no recording of their own/) as string,
    });
  });

  it('leaves a row that makes no prompt to the run, and gives up with a server that is gone', async () => {
    let asked = 0;
    const opened = (kind: NelErrorKind) =>
      openReplaySolver({
        file: file([{ prompt: 'p', response: 'A' }]),
        key: 'auto',
        problems: {
          count: 200,
          seed: async () => {
            asked++;
            throw new NelError(kind, 'no prompt');
          },
        },
      });
    expect(await opened('data')).toMatchObject({ name: 'replay' });
    expect(asked).toBe(200);
    await expect(opened('run')).rejects.toMatchObject({ kind: 'run', message: 'no prompt' });
    expect(asked).toBeLessThan(300);
  });

  it('finds each of 5,000 questions in its prompt within seconds', async () => {
    const question = (i: number): string =>
      `In the year ${i}, how many of the ${i * 7} boats in the harbour of town ${i} were painted green?`;
    const answer = await open(Array.from({ length: 5_000 }, (_, i) => ({ question: question(i), response: String(i) })));
    const start = performance.now();
    for (let i = 0; i < 5_000; i++) expect(await answer(0, 0, `${'Think step by step. '.repeat(10)}${question(i)}`)).toBe(String(i));
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('a file that cannot be used', () => {
  it.each<[string, readonly unknown[], ReplayKey, RegExp]>([
    ['is empty', [], 'auto', /holds no recorded answers/],
    ['has a line without a response', [{ problem_idx: 0, response: 'a' }, { problem_idx: 1 }], 'auto', /:2: the line has no "response"/],
    [
      'has a line without its problem_idx',
      [
        { problem_idx: 0, response: 'a' },
        { prompt: 'p', response: 'a' },
      ],
      'auto',
      /:2: the line has no problem_idx/,
    ],
    ['has a problem_idx that is no index', [{ problem_idx: -1, response: 'a' }], 'auto', /:1: the line has no problem_idx/],
    ['has a line without a prompt', [{ response: 'a' }], 'auto', /:1: the line has neither "prompt" nor "question"/],
    ['is not JSON', ['{"a"'], 'auto', /:1/],
  ])('%s', async (_what, lines, key, message) => {
    for (const ending of ['.jsonl', '.jsonl.gz']) {
      await expect(open(lines, key, ending)).rejects.toMatchObject({ kind: 'data', message: expect.stringMatching(message) });
    }
  });

  it('is not there', async () => {
    const absent = path.join(dir, 'absent.jsonl');
    for (const name of [absent, `${absent}.gz`])
      await expect(openReplaySolver({ file: name, key: 'auto' })).rejects.toMatchObject({
        kind: 'data',
        message: expect.stringContaining(name),
      });
  });
});

it('reads .gz files', async () => {
  expect(await (await open([{ problem_idx: 0, response: 'zipped' }], 'auto', '.jsonl.gz'))(0)).toBe('zipped');
});
