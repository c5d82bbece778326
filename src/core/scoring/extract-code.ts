/** Finds the Python program in an answer: what a code benchmark runs. */

import { codeBlocks, isPython } from './code-block.js';
import { isPythonSpace } from './python-text.js';

export interface ExtractCodeOptions {
  /**
   * `fences` (default) reads Markdown as it is written; `reference` is the rule of NVIDIA's NeMo Evaluator, for scores that must be
   * comparable with its own.
   */
  readonly rule?: 'fences' | 'reference';
}

const FENCE = '```';

/**
 * The first fenced block (see codeBlocks) that says Python, else the first that names no language, else the first block, else the whole answer.
 *
 * The reference (NVIDIA NeMo Evaluator, `scoring/code_execution.py`) looks for the first ```` ``` ````, an optional `python` in lower case and
 * a line break. That is plainly wrong on common answers, and we differ on purpose: it does not see ```` ```Python ````, ```` ```py ```` or ```` ```python3 ````, takes
 * the fence that closes such a block for one that opens (and so runs the prose behind it), and runs the fence itself where a truncated
 * answer has no closing one.
 */
export function extractCode(response: string, options: ExtractCodeOptions = {}): string {
  if (options.rule === 'reference') return referenceCode(response);
  const blocks = codeBlocks(response);
  const block = blocks.find(isPython) ?? blocks.find(({ language }) => language === '') ?? blocks[0];
  return block === undefined ? response : withoutBlankStart(block.code);
}

/** Without blank lines at the start; the first line's indentation is part of the program. */
function withoutBlankStart(code: string): string {
  const start = code.search(/\S/);
  return start === -1 ? '' : code.slice(code.lastIndexOf('\n', start) + 1);
}

/**
 * What the expression "```(?:python)?\s*\n(.+?)```" of the reference captures first, without its backtracking: white space is passed up
 * to its last line break, one character at least follows, and where no fence comes after that, the last but one line break is tried.
 */
function referenceCode(text: string): string {
  for (let at = text.indexOf(FENCE); at !== -1; at = text.indexOf(FENCE, at + 1)) {
    let end = at + FENCE.length;
    if (text.startsWith('python', end)) end += 'python'.length;
    let last = -1;
    let lastButOne = -1;
    for (; isPythonSpace(text[end]); end++) {
      if (text[end] !== '\n') continue;
      lastButOne = last;
      last = end;
    }
    for (const newline of [last, lastButOne]) {
      if (newline === -1) continue;
      const start = newline + 1;
      const close = text.indexOf(FENCE, start + 1);
      if (close !== -1) return text.slice(start, close);
    }
  }
  return text;
}
