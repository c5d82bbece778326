/** The HumanEval scorer: the function that the answer writes or completes is called by the problem's tests, in the sandbox. */

import type { Row, Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { NelError } from '../errors.js';
import type { SandboxLimits } from '../sandbox.js';
import { pythonBlocks } from './code-block.js';
import { type CodeTools, runHarness } from './code-execution.js';
import { isEmptyAnswer, isRefusal, nothingExtracted } from './failure.js';

/**
 * The authors allow 3 s by the clock. Here 3 s of CPU: what else the machine does must not change a score.
 * The rest is roomy, for a machine under load.
 */
const LIMITS: Partial<SandboxLimits> = { cpu_seconds: 3, wall_seconds: 20 };

/**
 * HumanEval (Chen et al. 2021, arXiv:2107.03374). As in the authors' `check_correctness` the prompt, the answer and the row's
 * `test` make up the program, and `check(entry_point)` has to pass. Differences on purpose:
 * - Chat answers are read too: see humanEvalAnswer. The authors' harness knows raw completions only.
 * - The tests run in a process of their own and call the answer's function in another (see python-harness.ts), so that an answer cannot
 *   pass by `os._exit(0)`, by changing `check`, or by reading the tests. Helpers of the prompt that tests use are the prompt's own.
 * - Python's standard library only.
 *
 * @throws NelError of kind `data` when the row lacks `prompt`, `test` or `entry_point`
 */
export function humanEval(): Scorer {
  return {
    name: 'humaneval',
    needs: ['sandbox'],
    idealAnswer: (_target, row) => `\`\`\`python\n${text(row, 'prompt')}${text(row, 'canonical_solution')}\n\`\`\``,
    async score({ response, row }: ScorerInput, tools?: CodeTools): Promise<ScorerResult> {
      const [prompt, test, entryPoint] = [text(row, 'prompt'), text(row, 'test'), text(row, 'entry_point')];
      const answer = humanEvalAnswer(response, prompt, entryPoint);
      if (answer === null) return nothingExtracted(response);
      const files: Record<string, string> =
        answer.kind === 'function' ? { 'prompt.py': prompt, 'answer.py': answer.code } : { 'answer.py': joined(prompt, answer.code) };
      const task = { mode: 'function', prompt, test, entry_point: entryPoint, answer: Object.keys(files) } as const;
      return runHarness({ task, files, extracted: answer.code, limits: LIMITS, tools, name: 'humaneval' });
    },
  };
}

function text(row: Row, field: string): string {
  const value = row[field];
  if (typeof value === 'string') return value;
  throw new NelError('data', `a HumanEval row has no text "${field}"`, {
    hint: 'Rows have prompt, test, entry_point and canonical_solution.',
  });
}

function joined(prompt: string, body: string): string {
  return `${prompt}${prompt.endsWith('\n') ? '' : '\n'}${body}`;
}

export interface HumanEvalAnswer {
  /** `function`: defines the entry point, run after the prompt; `body`: goes on where the prompt ends. */
  readonly kind: 'function' | 'body';
  readonly code: string;
}

/** Where a completion goes on to something else: the stop sequences of the paper, section 2.1. */
const STOPS = ['\nclass', '\ndef', '\n#', '\nif', '\nprint'];
/** How a program begins, as far as prose is to be told apart from it; and how its later lines at the left edge do. */
const FIRST_LINE = /^(?:import \w|from [\w.]{1,100} import |(?:async )?def |class \w|@\w|[A-Za-z_]\w{0,99} ?= ?\S)/;
const LATER_LINE = /^(?:if |for |while |try:|with |assert |print\(|#|"""|'''|[)\]}]|[A-Za-z_]\w{0,99}(?:: [\w[\], .]{1,100})? ?= ?\S)/;

/**
 * The code of an answer: the last Python block that defines the entry point, else the first Python block; without a block the whole
 * answer, where it defines the entry point without the prose around it. What does not define the entry point completes the
 * prompt's function. Null when there is nothing: an answer without visible characters, or a refusal with neither block nor definition.
 */
export function humanEvalAnswer(response: string, prompt: string, entryPoint: string): HumanEvalAnswer | null {
  const blocks = pythonBlocks(response);
  const defines = (code: string): boolean => definitionOf(code, entryPoint) !== -1;
  const whole = blocks.findLast(defines);
  if (whole !== undefined) return { kind: 'function', code: whole };
  const block = blocks.find((one) => one.trim() !== '');
  const code = block ?? response.replaceAll('\r\n', '\n');
  if (isEmptyAnswer(code) || (block === undefined && !defines(code) && isRefusal(response))) return null;
  if (defines(code)) return { kind: 'function', code: withoutProse(code, entryPoint) };
  return { kind: 'body', code: bodyOf(code.startsWith(prompt) ? code.slice(prompt.length) : code) };
}

/** Where `def name` stands at the left edge; -1 where it does not. */
function definitionOf(code: string, name: string): number {
  const escaped = name.replace(/[^\w]/gu, '\\$&');
  return code.search(new RegExp(`^(?:async )?def +${escaped} *\\(|^${escaped} *=`, 'm'));
}

/** From the first to the last line of code around the definition: an answer without fences may begin and end with words. */
function withoutProse(code: string, name: string): string {
  const lines = code.split('\n');
  const start = lines.findIndex((line) => FIRST_LINE.test(line));
  const definition = code.slice(0, definitionOf(code, name)).split('\n').length - 1;
  const end = lines.findIndex((line, i) => i > definition && /^\S/.test(line) && !FIRST_LINE.test(line) && !LATER_LINE.test(line));
  return lines.slice(Math.max(start, 0), end === -1 ? undefined : end).join('\n');
}

/** A function's body: cut where something else begins, indented where the answer is not. */
function bodyOf(code: string): string {
  const first = code.search(/\S/);
  const lineStart = code.lastIndexOf('\n', first) + 1;
  if (first > lineStart) return untilStop(code.slice(lineStart));
  const [opening = '', ...rest] = code.slice(lineStart).split('\n');
  const indents = rest.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  // White space at the start is often trimmed on the way: then only the first line has lost its indentation.
  const deeper = /:\s*(?:#.*)?$/.test(opening) ? 5 : 4;
  const onlyFirst = indents.length > 0 && (indents[0] as number) >= deeper && indents.every((indent) => indent >= 4);
  if (onlyFirst) return untilStop(`    ${code.slice(lineStart)}`);
  return code
    .slice(lineStart)
    .split('\n')
    .map((line) => (line.trim() === '' ? line : `    ${line}`))
    .join('\n');
}

function untilStop(code: string): string {
  const ends = STOPS.map((stop) => code.indexOf(stop)).filter((at) => at > 0);
  return ends.length === 0 ? code : code.slice(0, Math.min(...ends));
}
