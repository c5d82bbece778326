/** Fenced blocks of Markdown, and what of an answer is Python: the first step of every scorer that runs code. */

export interface CodeBlock {
  /** The first word behind the fence, lower case: `python`, or '' where none is named. */
  readonly language: string;
  /** Lines as they stand, the last line break included, without the fences and the indentation that the opening fence has. */
  readonly code: string;
  /** False when the answer ended before the block did. */
  readonly closed: boolean;
}

interface OpenBlock {
  readonly mark: '`' | '~';
  /** Characters of the fence. */
  readonly length: number;
  readonly indent: string;
  readonly language: string;
  readonly lines: string[];
}

/** A fence at the start of its line, and what follows it there. */
const LINE_FENCE = /^([ \t]*)(`{3,}|~{3,})(.*)$/s;
const FENCE = '```';

/** The words behind a fence that mean Python. */
const PYTHON_WORDS = new Set(['python', 'python3', 'py', 'py3', 'ipython', 'python-repl']);

/**
 * All fenced blocks, in order. CommonMark 0.31, section 4.5, and what models write besides, which it does not take for fences:
 * - a block may open behind words on its line (```` Here: ```python ````), with at most one word behind the fence
 * - it may close at the end of its last line (```` return 1``` ````), and words may stand behind the closing fence
 * - a fence that names a language closes the block before it, which its author forgot to do
 *
 * Linear: each character is looked at a bounded number of times.
 */
export function codeBlocks(text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = text.split('\n');
  let open: OpenBlock | undefined;
  for (const [i, line] of lines.entries()) {
    const isLast = i === lines.length - 1;
    let from = 0;
    if (open) {
      const end = closingOf(line, open);
      if (end === undefined) {
        open.lines.push(withoutIndent(line, open.indent) + (isLast ? '' : '\n'));
        continue;
      }
      if (end.before !== '') open.lines.push(withoutIndent(end.before, open.indent));
      blocks.push({ language: open.language, code: open.lines.join(''), closed: true });
      from = end.after;
    }
    // A fence on the last line has nothing to hold.
    open = isLast ? undefined : openingOf(line, from);
  }
  if (open) blocks.push({ language: open.language, code: open.lines.join(''), closed: false });
  return blocks;
}

/** Where a line closes the block: what of it still belongs to the block, and from where on the line is to be read anew. */
function closingOf(line: string, { mark, length }: OpenBlock): { readonly before: string; readonly after: number } | undefined {
  const [, indent = '', fence = '', rest = ''] = LINE_FENCE.exec(line) ?? [];
  if (fence.startsWith(mark) && fence.length >= length) {
    if (rest.trim() === '') return { before: '', after: line.length };
    if (mark === '~') return undefined;
    if (/^\s/.test(rest)) return { before: '', after: indent.length + fence.length };
    return rest.includes('`') ? undefined : { before: '', after: 0 };
  }
  if (mark === '~') return undefined;
  const end = line.trimEnd().length;
  let start = end;
  while (line[start - 1] === mark) start--;
  return end - start >= length ? { before: line.slice(0, start), after: line.length } : undefined;
}

/** The block that a line opens at or behind `from`; code within the line (```` ```x``` ````) opens none. */
function openingOf(line: string, from: number): OpenBlock | undefined {
  const [, indent = '', fence = '', rest = ''] = from === 0 ? (LINE_FENCE.exec(line) ?? []) : [];
  if (fence.startsWith('~') || (fence !== '' && !rest.includes('`'))) {
    return { mark: fence.startsWith('~') ? '~' : '`', length: fence.length, indent, language: languageOf(rest), lines: [] };
  }
  for (let at = line.indexOf(FENCE, from); at !== -1; ) {
    let after = at + FENCE.length;
    while (line[after] === '`') after++;
    const tick = line.indexOf('`', after);
    if (tick === -1) {
      const info = line.slice(after).trim();
      return /\s/.test(info) ? undefined : { mark: '`', length: after - at, indent: '', language: languageOf(info), lines: [] };
    }
    const end = line.indexOf(line.slice(at, after), tick);
    if (end === -1) return undefined;
    let next = end + (after - at);
    while (line[next] === '`') next++;
    at = line.indexOf(FENCE, next);
  }
  return undefined;
}

function languageOf(info: string): string {
  return info.trim().split(/[\s{]/)[0]?.toLowerCase() ?? '';
}

/** A block in a list is indented as a whole, which Python would not have. */
function withoutIndent(line: string, indent: string): string {
  return indent !== '' && line.startsWith(indent) ? line.slice(indent.length) : line;
}

export function isPython({ language }: CodeBlock): boolean {
  return PYTHON_WORDS.has(language);
}

/** The blocks that say they are Python; where none does, those that do not say what they are. Without the last line break. */
export function pythonBlocks(text: string): string[] {
  const blocks = codeBlocks(text.replaceAll('\r\n', '\n'));
  const named = blocks.filter(isPython);
  return (named.length > 0 ? named : blocks.filter(({ language }) => language === '')).map(({ code }) => code.replace(/\n$/, ''));
}
