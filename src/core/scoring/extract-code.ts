/** Finds the Python program in an answer: what a code benchmark runs. */

import { isPythonSpace } from './python-text.js';

export interface ExtractCodeOptions {
  /**
   * `fences` (default) reads Markdown as it is written; `reference` is the rule of NVIDIA's NeMo Evaluator, for scores that must be
   * comparable with its own.
   */
  readonly rule?: 'fences' | 'reference';
}

interface Block {
  /** The first word after the opening fence, lower case. */
  readonly language: string;
  readonly code: string;
}

const PYTHON = new Set(['python', 'python3', 'py', 'py3']);
const FENCE = '```';

/**
 * The first fenced block that says Python, else the first that names no language, else the first block, else the whole answer.
 *
 * The reference (NVIDIA NeMo Evaluator, `scoring/code_execution.py`) looks for the first ```` ``` ````, an optional `python` in lower case and
 * a line break. That is plainly wrong on common answers, and we differ on purpose: it does not see ```` ```Python ````, ```` ```py ```` or ```` ```python3 ````, takes
 * the fence that closes such a block for one that opens (and so runs the prose behind it), and runs the fence itself where a truncated
 * answer has no closing one.
 */
export function extractCode(response: string, options: ExtractCodeOptions = {}): string {
  if (options.rule === 'reference') return referenceCode(response);
  const blocks = fencedBlocks(response);
  const block = blocks.find(({ language }) => PYTHON.has(language)) ?? blocks.find(({ language }) => language === '') ?? blocks[0];
  return block?.code ?? response;
}

/** All fenced blocks in order; one without an end goes on to the end of the answer. Linear: each search begins where the last one ended. */
function fencedBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let newline = -1;
  let at = text.indexOf(FENCE);
  while (at !== -1) {
    let after = at + FENCE.length;
    while (text[after] === '`') after++;
    const fence = text.slice(at, after);
    if (newline < after) newline = text.indexOf('\n', after);
    if (newline === -1) break;
    const tick = text.indexOf('`', after);
    if (tick !== -1 && tick < newline) {
      // Code within a line: ```x```. What closes it opens nothing.
      const close = text.indexOf(fence, tick);
      at = text.indexOf(FENCE, close === -1 || close > newline ? newline : close + fence.length);
      continue;
    }
    const close = text.indexOf(fence, newline + 1);
    const code = withoutIndent(text.slice(newline + 1, close === -1 ? text.length : close), indentBefore(text, at));
    blocks.push({ language: languageOf(text.slice(after, newline)), code: withoutBlankStart(code) });
    if (close === -1) break;
    at = text.indexOf(FENCE, close + fence.length);
  }
  return blocks;
}

function languageOf(info: string): string {
  return info.trim().split(/[\s{]/)[0]?.toLowerCase() ?? '';
}

/** The white space before a fence that begins its line; a fence after words has none. */
function indentBefore(text: string, at: number): string {
  let from = at;
  while (text[from - 1] === ' ' || text[from - 1] === '\t') from--;
  return from === 0 || text[from - 1] === '\n' ? text.slice(from, at) : '';
}

/** A block in a list is indented as a whole, which Python would not have. */
function withoutIndent(code: string, indent: string): string {
  if (indent === '') return code;
  const lines = code.split('\n');
  return lines.map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line)).join('\n');
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
