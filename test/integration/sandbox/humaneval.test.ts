/** HumanEval and other code scorers in the default sandbox: right answers pass, wrong ones do not, and neither do forged ones. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { openSandbox } from '../../../src/adapters/sandboxes/open.js';
import type { Row, Scorer, ScorerResult, ScorerTools } from '../../../src/core/benchmark.js';
import type { Sandbox } from '../../../src/core/sandbox.js';
import { codeExecution } from '../../../src/core/scoring/code-execution.js';
import { humanEval } from '../../../src/core/scoring/humaneval.js';
import { DATA_DIR } from '../../data-dir.js';
import { missingFor } from './lab.js';

const missing = await missingFor('bubblewrap');
let sandbox: Sandbox;
beforeAll(async () => {
  if (missing === '') sandbox = await openSandbox({ type: null, env: process.env });
});

async function score(scorer: Scorer, response: string, row: Row): Promise<ScorerResult> {
  const tools = { sandbox, signal: new AbortController().signal } as unknown as ScorerTools;
  return scorer.score({ response, target: '', row }, tools);
}

const DATA = path.join(DATA_DIR, 'humaneval/HumanEval.jsonl.gz');
const noData = existsSync(DATA) ? missing : ' (skipped: put the shared data sets into ../shared/data)';

describe.skipIf(noData !== '')(`HumanEval${noData}`, () => {
  const rows = existsSync(DATA)
    ? gunzipSync(readFileSync(DATA))
        .toString('utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Row)
    : [];
  const text = (row: Row, field: string): string => row[field] as string;
  const passed = async (answer: (row: Row) => string): Promise<number> => {
    const results = await Promise.all(rows.map((row) => score(humanEval(), answer(row), row)));
    return results.filter(({ reward }) => reward === 1).length;
  };

  it('passes all 164 canonical solutions in less than 60 s', { timeout: 120_000 }, async () => {
    const started = performance.now();
    expect(await passed((row) => text(row, 'canonical_solution'))).toBe(164);
    const seconds = (performance.now() - started) / 1000;
    console.log(`HumanEval: 164 canonical solutions in ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(60);
  });

  it('passes all 164 ideal answers', { timeout: 120_000 }, async () => {
    expect(await passed((row) => humanEval().idealAnswer?.('', row) ?? '')).toBe(164);
  });

  it('passes no body that returns None', { timeout: 120_000 }, async () => {
    expect(await passed(() => '    return None\n')).toBe(0);
  });

  it('passes no answer that ends the interpreter with 0', { timeout: 120_000 }, async () => {
    expect(await passed((row) => `\`\`\`python\nimport os\nos._exit(0)\ndef ${text(row, 'entry_point')}(*a): pass\n\`\`\``)).toBe(0);
  });
});

const ROW = {
  prompt: 'from typing import List\n\n\ndef helper(x):\n    return x + 1\n\n\ndef double(x: int) -> int:\n    """Twice x."""\n',
  entry_point: 'double',
  test: 'def check(candidate):\n    assert helper(1) == 2\n    for i in range(5):\n        assert candidate(i * 7) == i * 14\n    assert candidate([1]) == [1, 1]\n    assert candidate("ab") == "abab"\n',
};

const fenced = (code: string): string => `\`\`\`python\n${code}\n\`\`\``;

describe.skipIf(missing !== '')(`answers to one problem${missing}`, () => {
  it.each([
    ['a completion', '    return x * 2\n'],
    ['a definition in a block', fenced('def double(x):\n    return x * 2')],
    ['a helper of the prompt used', fenced('def double(x):\n    assert helper(1) == 2\n    return x * 2')],
    ['an import of the future', fenced('from __future__ import annotations\ndef double(x: Missing) -> List:\n    return x * 2')],
    ['much output', fenced('print("x" * 5_000_000)\ndef double(x):\n    print(x)\n    return x * 2')],
    [
      'a main guard that would ask',
      fenced('def double(x):\n    return x * 2\n\nif __name__ == "__main__":\n    print(double(int(input())))'),
    ],
    [
      'a data class',
      fenced('import dataclasses\n@dataclasses.dataclass\nclass Box:\n    x: "int"\ndef double(x):\n    return Box(x).x * 2'),
    ],
  ])('passes %s', async (_, answer) => {
    expect(await score(humanEval(), answer, ROW)).toMatchObject({ reward: 1, details: { error: null } });
  });

  it.each([
    ['sys.exit(0) at once', 'import sys\nsys.exit(0)\ndef double(x): pass'],
    ['sys.exit(0) in the function', 'import sys\ndef double(x): sys.exit(0)'],
    ['os._exit(0) in the function', 'import os\ndef double(x): os._exit(0)'],
    ['a check of its own', 'def check(candidate): pass\ndef double(x): pass'],
    ['an object that equals all', 'class Yes:\n    def __eq__(self, other): return True\ndef double(x): return Yes()'],
    ['a number that equals all', 'class Yes(int):\n    def __eq__(self, other): return True\ndef double(x): return Yes(1)'],
    ['the exit of its parent', 'import os, signal\ndef double(x): os.kill(os.getppid(), signal.SIGTERM)'],
    ['silenced assertions', 'import builtins\nbuiltins.AssertionError = ZeroDivisionError\n__debug__\ndef double(x): pass'],
    [
      'modules in the way',
      'for name in ("json", "builtins", "copy", "math", "random"):\n    open(name + ".py", "w").write("import os; os._exit(0)")\ndef double(x): return None',
    ],
    [
      'words on every descriptor',
      'import os\nfor fd in range(256):\n    try: os.write(fd, b"\\n0000 passed \\"\\"\\n")\n    except OSError: pass\ndef double(x): return 0',
    ],
    [
      "every file's own text as output",
      'import os\nfor name in os.listdir("."):\n    os.write(1, open(name, "rb").read())\ndef double(x): return 0',
    ],
    [
      "the judge's output by its descriptors",
      'import os\nfor pid in os.listdir("/proc"):\n    for fd in range(9):\n        try: open("/proc/%s/fd/%d" % (pid, fd), "w").write("x passed")\n        except Exception: pass\ndef double(x): return 0',
    ],
    ['a deep recursion', 'def double(x): return double(x)'],
    ['an endless reply', 'import itertools\ndef double(x): return itertools.count()'],
    ['a huge reply', 'def double(x): return "x" * (600 << 20)'],
    ['a closed pipe', 'import os\ndef double(x): os.closerange(0, 256)'],
    ['NUL in the code', 'def double(x):\0 return x * 2'],
    ['no function of the name', 'def triple(x): return x * 3\nname = "def double("'],
  ])('does not pass %s', async (_, code) => {
    expect(await score(humanEval(), fenced(code), ROW)).toMatchObject({ reward: 0, details: { error: expect.any(String) } });
  });

  it('says what went wrong', async () => {
    const errorOf = async (code: string): Promise<unknown> => (await score(humanEval(), fenced(code), ROW)).details?.error;
    expect(await errorOf('def double(x): return x')).toBe('AssertionError: assert candidate(i * 7) == i * 14');
    expect(await errorOf('def double(x): return 1 / x')).toBe('ZeroDivisionError: division by zero');
    expect(await errorOf('def double(x) return x')).toContain('SyntaxError');
    expect(await errorOf('def double(x):\n    while True: pass')).toBe('the program was ended by SIGXCPU');
    expect(await errorOf('import os\nos._exit(0)\ndef double(x): pass')).toBe('the program ended early with exit code 0');
  });

  it('throws for tests that cannot be run: the row is broken, not the answer', async () => {
    const row = { ...ROW, test: 'def check(candidate:\n' };
    await expect(score(humanEval(), '    return x * 2', row)).rejects.toMatchObject({ kind: 'data' });
  });
});

describe.skipIf(missing !== '')(`programs with tests behind the answer${missing}`, () => {
  const scorer = codeExecution({ language: 'python', program: ({ code, row }) => `${code}\n${row.test as string}\n` });
  const row = { test: 'assert answer() == 42' };

  it('passes a program that runs to its end', async () => {
    expect(await score(scorer, fenced('def answer(): return 42'), row)).toEqual({
      reward: 1,
      extracted: 'def answer(): return 42',
      details: { sandbox: 'bubblewrap', ended: 'exit code 0', timed_out: false, error: null },
    });
  });

  it.each([
    ['a wrong answer', 'def answer(): return 41', 'AssertionError'],
    ['sys.exit(0)', 'import sys\nsys.exit(0)', 'SystemExit: 0'],
    ['os._exit(0)', 'import os\nos._exit(0)', 'the program ended early with exit code 0'],
    ['a raised SystemExit', 'raise SystemExit', 'SystemExit'],
    ['an endless loop', 'while True: pass', 'the program was ended by SIGXCPU'],
  ])('does not pass %s', async (_, code, error) => {
    const quick = codeExecution({ language: 'python', program: (input) => `${input.code}\n${row.test}\n`, limits: { cpu_seconds: 1 } });
    expect(await score(quick, fenced(code), row)).toMatchObject({ reward: 0, details: { error } });
  });

  it('runs several files, with the standard library’s own test runner', async () => {
    const tested = codeExecution({
      language: 'python',
      success: 'exit_zero',
      program: ({ code }) => ({
        'solution.py': code,
        'main.py':
          'import unittest\nimport solution\nclass Test(unittest.TestCase):\n    def test(self):\n        self.assertEqual(solution.answer(), 42)\nunittest.main()',
      }),
    });
    expect(await score(tested, fenced('def answer(): return 42'), {})).toMatchObject({ reward: 1 });
    expect(await score(tested, fenced('def answer(): return 41'), {})).toMatchObject({ reward: 0, details: { ended: 'exit code 1' } });
  });
});
