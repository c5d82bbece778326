/** Fenced blocks of Markdown, and what of an answer is Python: the first step of every scorer that runs code. */

export interface CodeBlock {
  /** The first word behind the fence, lower case: `python`, or '' where none is named. */
  readonly language: string;
  /** Without the fences, and without the indentation that the opening fence has. */
  readonly code: string;
  /** False when the answer ended before the block did. */
  readonly closed: boolean;
}

const OPENING = /^([ \t]*)(`{3,}|~{3,})[ \t]*([^\s`{]*)[^`\n]*$/;
const CLOSING = /^[ \t]*(`{3,}|~{3,})[ \t]*$/;

/** The words behind a fence that mean Python. */
const PYTHON_WORDS = new Set(['python', 'python3', 'py', 'py3', 'ipython', 'python-repl']);

/**
 * All fenced blocks, in order (CommonMark 0.31, section 4.5: a block ends at a fence of the same character that is at least as long,
 * or at the end of the text). Indented fences count at any depth, models put them into lists. Linear: each line is looked at once.
 */
export function codeBlocks(text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { readonly fence: string; readonly indent: string; readonly language: string; readonly lines: string[] } | undefined;
  for (const line of text.replaceAll('\r\n', '\n').split('\n')) {
    if (open === undefined) {
      const [, indent = '', fence = '', language = ''] = OPENING.exec(line) ?? [];
      if (fence !== '') open = { fence, indent, language: language.toLowerCase(), lines: [] };
      continue;
    }
    const closing = CLOSING.exec(line)?.[1];
    if (closing?.[0] === open.fence[0] && closing !== undefined && closing.length >= open.fence.length) {
      blocks.push({ language: open.language, code: open.lines.join('\n'), closed: true });
      open = undefined;
    } else {
      open.lines.push(withoutIndent(line, open.indent));
    }
  }
  if (open !== undefined) blocks.push({ language: open.language, code: open.lines.join('\n'), closed: false });
  return blocks;
}

function withoutIndent(line: string, indent: string): string {
  return indent !== '' && line.startsWith(indent) ? line.slice(indent.length) : line;
}

/** The blocks that say they are Python; where none does, those that do not say what they are. */
export function pythonBlocks(text: string): string[] {
  const blocks = codeBlocks(text);
  const named = blocks.filter(({ language }) => PYTHON_WORDS.has(language));
  return (named.length > 0 ? named : blocks.filter(({ language }) => language === '')).map(({ code }) => code);
}
