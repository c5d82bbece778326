import { describe, expect, it } from 'vitest';
import type { Sandbox, SandboxJob } from '../../../../src/core/sandbox.js';
import { codeExecution } from '../../../../src/core/scoring/code-execution.js';
import { humanEval, humanEvalAnswer } from '../../../../src/core/scoring/humaneval.js';

const PROMPT = 'import math\n\ndef area(r):\n    """Area."""\n';
const answer = (response: string) => humanEvalAnswer(response, PROMPT, 'area');

describe('humanEvalAnswer', () => {
  it('takes the last Python block that defines the function', () => {
    const response =
      '```python\ndef area(r):\n    return 1\n```\nBetter:\n```Python\ndef area(r):\n    return 2\n```\n```python\nprint(area(1))\n```';
    expect(answer(response)).toEqual({ kind: 'function', code: 'def area(r):\n    return 2' });
  });

  it('sees a block that opens behind words or ends without a line of its own', () => {
    expect(answer('So: ```python\ndef area(r):\n    return 3```\nDone.')).toEqual({ kind: 'function', code: 'def area(r):\n    return 3' });
    expect(answer('```python\na\n``` and ```python\ndef area(r):\n    return 4\n``` more')).toEqual({
      kind: 'function',
      code: 'def area(r):\n    return 4',
    });
  });

  it('takes a completion as it is', () => {
    expect(answer('    return math.pi * r ** 2\n')).toEqual({ kind: 'body', code: '    return math.pi * r ** 2\n' });
  });

  it('cuts a completion where something else begins', () => {
    expect(answer('    return 1\n\n\ndef other():\n    pass\n')).toEqual({ kind: 'body', code: '    return 1\n\n' });
  });

  it('indents a body that has lost the indentation of its first line', () => {
    expect(answer('x = 1\n    return x')).toEqual({ kind: 'body', code: '    x = 1\n    return x' });
    expect(answer('for i in r:\n        x += i\n    return x')).toEqual({
      kind: 'body',
      code: '    for i in r:\n        x += i\n    return x',
    });
  });

  it('indents a body that has none at all', () => {
    expect(answer('```\nx = 1\nreturn x\n```')).toEqual({ kind: 'body', code: '    x = 1\n    return x' });
    expect(answer('for i in r:\n    return i')).toEqual({ kind: 'body', code: '    for i in r:\n        return i' });
  });

  it('takes a definition out of prose without fences', () => {
    const response = 'Here is my answer:\n\nimport math\ndef area(r):\n    return math.pi\n\nIt returns the area.';
    expect(answer(response)).toEqual({ kind: 'function', code: 'import math\ndef area(r):\n    return math.pi\n' });
  });

  it('takes a repeated prompt as a definition', () => {
    expect(answer(`${PROMPT}    return 1`)).toEqual({ kind: 'function', code: `${PROMPT}    return 1` });
  });

  it('does not take a longer name for the function', () => {
    expect(answer('```python\ndef area_of(r):\n    return 1\n```')).toMatchObject({ kind: 'body' });
  });

  it('is nothing for an answer without text', () => {
    expect(answer(' \n')).toBeNull();
  });

  it.each([
    'def area'.repeat(30_000),
    'a'.repeat(300_000),
    'a:'.repeat(150_000),
    `${'x = 1\n'.repeat(50_000)}def area(r): pass`,
    ' '.repeat(300_000),
  ])('takes time in proportion to the length', (text) => {
    const started = performance.now();
    answer(text);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

/** Answers every job with what `reply` makes of it. */
function fakeSandbox(
  reply: (token: string, job: SandboxJob) => { stdout?: string; exit_code?: number | null; stderr?: string; timed_out?: boolean },
): {
  sandbox: Sandbox;
  jobs: SandboxJob[];
} {
  const jobs: SandboxJob[] = [];
  return {
    jobs,
    sandbox: {
      type: 'bubblewrap',
      nonce: 'n',
      run: async (job) => {
        jobs.push(job);
        const { token } = JSON.parse(job.stdin ?? '') as { token: string };
        const outcome = { exit_code: 0, signal: null, stdout: '', stderr: '', timed_out: false, output_truncated: false, duration_ms: 1 };
        return { ...outcome, ...reply(token, job) };
      },
      close: async () => undefined,
    },
  };
}

const ROW = { prompt: PROMPT, test: 'def check(c):\n    assert c(0) == 0\n', entry_point: 'area', canonical_solution: '    return 0\n' };

describe('humanEval', () => {
  const score = (sandbox: Sandbox, response = '    return 0\n') =>
    humanEval().score({ response, target: '', row: ROW }, { sandbox, signal: new AbortController().signal } as never);

  it('gives 1 for a verdict with the right mark and exit code 0', async () => {
    const { sandbox } = fakeSandbox((token) => ({ stdout: `${token} started ""\n${token} passed ""\n` }));
    expect(await score(sandbox)).toEqual({
      reward: 1,
      extracted: '    return 0\n',
      details: { sandbox: 'bubblewrap', ended: 'exit code 0', timed_out: false, error: null },
    });
  });

  it.each([
    ['without a verdict', (token: string) => ({ stdout: `${token} started ""\n` })],
    ['with another mark', (token: string) => ({ stdout: `${token} started ""\nffff passed ""\n` })],
    ['with another exit code', (token: string) => ({ stdout: `${token} started ""\n${token} passed ""\n`, exit_code: 1 })],
  ])('gives 0 for an end %s', async (_, reply) => {
    const { sandbox } = fakeSandbox(reply);
    expect(await score(sandbox)).toMatchObject({ reward: 0 });
  });

  it('says when the time was up', async () => {
    const { sandbox } = fakeSandbox((token) => ({ stdout: `${token} started ""\n`, exit_code: null, timed_out: true }));
    expect(await score(sandbox)).toMatchObject({ reward: 0, details: { timed_out: true, error: 'the time was up' } });
  });

  it('throws when the answer was never started: the sample is an error, not wrong', async () => {
    const { sandbox } = fakeSandbox(() => ({ exit_code: 127, stderr: 'python3: cannot allocate memory' }));
    await expect(score(sandbox)).rejects.toMatchObject({ kind: 'run', message: expect.stringContaining('cannot allocate memory') });
  });

  it("throws when the row's own tests cannot be run", async () => {
    const { sandbox } = fakeSandbox((token) => ({
      stdout: `${token} started ""\n${token} broken "SyntaxError: invalid syntax"\n`,
      exit_code: 3,
    }));
    await expect(score(sandbox)).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining('SyntaxError') });
  });

  it('hands the tests to the judge only: no file holds them', async () => {
    const { sandbox, jobs } = fakeSandbox((token) => ({ stdout: `${token} started ""\n` }));
    await score(sandbox);
    expect(Object.values(jobs[0]?.files ?? {}).join('')).not.toContain('assert c(0)');
    expect(jobs[0]?.stdin).toContain('assert c(0)');
  });

  it('marks verdicts differently in every sandbox', async () => {
    const { sandbox, jobs } = fakeSandbox((token) => ({ stdout: `${token} started ""\n` }));
    await score(sandbox);
    await score({ ...sandbox, nonce: 'other' });
    expect(jobs[0]?.stdin).not.toBe(jobs[1]?.stdin);
  });

  it('runs nothing for an empty answer or a refusal', async () => {
    const { sandbox, jobs } = fakeSandbox(() => ({}));
    expect(await score(sandbox, '')).toMatchObject({ reward: 0, failure: 'empty_response' });
    expect(await score(sandbox, "I'm sorry, but I can't help with that.")).toMatchObject({ reward: 0, failure: 'refusal' });
    expect(jobs).toEqual([]);
  });

  it('runs the code of an answer that opens like a refusal', async () => {
    const { sandbox, jobs } = fakeSandbox((token) => ({ stdout: `${token} started ""\n` }));
    const code = 'def area(r):\n    return 0';
    const opening = "I can't write tests here, but this is the function:\n";
    expect(await score(sandbox, `${opening}\`\`\`python\n${code}\n\`\`\``)).toMatchObject({ extracted: code });
    expect(await score(sandbox, `${opening}${code}`)).toMatchObject({ extracted: code });
    expect(jobs).toHaveLength(2);
  });

  it('answers itself with prompt and solution in a block', () => {
    expect(humanEval().idealAnswer?.('', ROW)).toBe(`\`\`\`python\n${PROMPT}    return 0\n\n\`\`\``);
  });

  it('names the field that a row lacks', async () => {
    const { sandbox } = fakeSandbox(() => ({}));
    const tools = { sandbox, signal: new AbortController().signal } as never;
    await expect(humanEval().score({ response: 'x', target: '', row: { prompt: 'p' } }, tools)).rejects.toThrow('no text "test"');
  });
});

describe('codeExecution', () => {
  it('runs the block of an answer that opens like a refusal, and nothing of a refusal without one', async () => {
    const { sandbox, jobs } = fakeSandbox((token) => ({ stdout: `${token} started ""\n` }));
    const scorer = codeExecution({ language: 'python', program: ({ code }) => code });
    const score = (response: string) =>
      scorer.score({ response, target: '', row: {} }, { sandbox, signal: new AbortController().signal } as never);
    expect(await score("I can't write tests here.\n```python\nx = 1\n```")).toMatchObject({ extracted: 'x = 1' });
    expect(await score("I'm sorry, but I can't help with that.")).toEqual({ reward: 0, extracted: null, failure: 'refusal' });
    expect(jobs).toHaveLength(1);
  });
});
