/** From a text to its parsed answer: boxes, LaTeX environments, plain numbers, in math-verify's order. The front of the math scorer. */

import { parseArithmetic } from './arithmetic.js';
import { parseLatex } from './grammar.js';
import { type Expr, finiteSet, isExpr, type Node, num, product, TooLarge } from './nodes.js';
import { normalizeLatex } from './normalize.js';
import { BOX_GROUP, BOX_PATTERN, environmentsOf, PATTERN_GROUPS } from './patterns.js';
import { fromDecimal } from './rational.js';

/** What a text answers. */
export interface Extraction {
  /** The first match that could be parsed; null where none could. */
  readonly node: Node | null;
  /** The first match as normalised text, which counts where both sides have the same; null where nothing matched. */
  readonly text: string | null;
  /** What was taken, as it stands in the text. */
  readonly source: string | null;
}

interface Found {
  readonly node: Node | null;
  readonly text: string;
  /** Set where it was not read to its end, so that less likely matches must not stand in for it. */
  readonly isTooLarge?: boolean;
}

interface Match {
  readonly groups: Readonly<Record<string, string | undefined>>;
  readonly start: number;
  readonly end: number;
}

/** Longer texts are not read: no sensible answer comes near. Characters. */
const MAX_LENGTH = 2000;

const NOTHING: Extraction = { node: null, text: null, source: null };

/**
 * The answer of a text of up to 2,000 characters, by the patterns and priorities of `parse` in math-verify 0.9.0 with its default
 * settings: "final answer is …", boxes, "answer: …", "answer …", then any LaTeX, arithmetic or number, the last of each kind first.
 * Longer texts give nothing.
 */
export function extractAnswer(text: string): Extraction {
  if (text.length > MAX_LENGTH) return NOTHING;
  let first: { text: string; source: string } | null = null;
  for (const [group, patterns] of PATTERN_GROUPS.entries()) {
    for (const match of matchesOf(text, patterns, group)) {
      const found = read(match);
      const source = match.groups.boxed ?? match.groups.latex ?? match.groups.arithmetic ?? match.groups.number ?? '';
      if (first === null && found.text !== '') first = { text: found.text, source };
      if (found.isTooLarge) return { node: null, text: first?.text ?? null, source: source.trim() };
      if (found.node !== null) return { node: found.node, text: first?.text ?? null, source: source.trim() };
    }
  }
  return first === null ? NOTHING : { node: null, text: first.text, source: first.source.trim() };
}

/** The matches of a group, from the right. */
function matchesOf(text: string, patterns: readonly RegExp[], group: number): Match[] {
  const matches: Match[] = [];
  for (const [index, pattern] of patterns.entries()) {
    for (const { 0: whole, index: start, groups = {} } of text.matchAll(pattern)) {
      const isBoxless = group === BOX_GROUP && index === BOX_PATTERN && !whole.includes('\\boxed{');
      if (!isBoxless) matches.push({ groups, start, end: start + whole.length });
    }
  }
  return matches.sort((a, b) => b.end - a.end || a.start - b.start);
}

function read({ groups }: Match): Found {
  if (groups.boxed !== undefined) return readLatex(normalizeLatex(boxContents(groups.boxed, 'last')));
  if (groups.latex !== undefined) return readEnvironments(groups.latex);
  if (groups.arithmetic !== undefined) return { node: parseArithmetic(groups.arithmetic), text: groups.arithmetic };
  return readNumber(groups.number as string, groups.percent !== undefined);
}

function readLatex(latex: string): Found {
  try {
    return { node: parseLatex(latex), text: latex };
  } catch (error) {
    if (error instanceof TooLarge) return { node: null, text: latex, isTooLarge: true };
    throw error;
  }
}

/** Several environments in a row are one set. */
function readEnvironments(match: string): Found {
  const parts = environmentsOf(match).map(({ content, isPercent }) => {
    const found = readLatex(normalizeLatex(boxContents(content, 'all')));
    return isPercent && found.node !== null && isExpr(found.node) ? { ...found, node: percentOf(found.node) } : found;
  });
  const [first = { node: null, text: '' }] = parts;
  if (parts.length < 2 || parts.some(({ node }) => node === null)) return first;
  const items = parts.flatMap(({ node }) => (node?.kind === 'set' ? node.items : [node as Node]));
  return { node: finiteSet(items), text: parts.map(({ text }) => text).join(' and ') };
}

function percentOf(node: Expr): Expr {
  return node.kind === 'num' ? { kind: 'percent', of: node } : product(node, num({ p: 1n, q: 100n }));
}

/** `1,234.5` has thousands separators, `12,5` a decimal comma. */
function readNumber(written: string, isPercent: boolean): Found {
  const isGrouped = /^-?[1-9]\d{0,2}(?:[ ,]\d{3})+(?:\.\d+)?$/.test(written);
  const digits = isGrouped ? written.replace(/[ ,]/g, '') : written.replace(',', '.');
  const text = digits.replace(/^0+(?=\d)/, '').replace(/^\./, '0.');
  const value = fromDecimal(text);
  if (value === null) return { node: null, text };
  const number = num(value, text.includes('.'));
  return { node: isPercent ? percentOf(number) : number, text };
}

/** Boxes nearer than this to the next one belong together. Characters. */
const NEAR = 10;
const APART = 70;

/**
 * The contents of the boxes of `text`, joined by commas, or the text itself where it has none: `last` takes the last box and those
 * right before it ("\boxed{1} and \boxed{2}"), `all` takes every one. The rule of `extract_boxed_content` in latex2sympy2_extended 1.11.0.
 */
export function boxContents(text: string, mode: 'last' | 'all'): string {
  const contents: string[] = [];
  let end = text.length;
  for (let next: number | null = null; ; ) {
    const start = end === 0 ? -1 : Math.max(text.lastIndexOf('\\boxed', end - 6), text.lastIndexOf('\\fbox', end - 5));
    if (start < 0 || end < 5) break;
    const open = start + (text.startsWith('\\boxed', start) ? 6 : 5);
    const brace = open + (/^\s*/.exec(text.slice(open, end))?.[0].length ?? 0);
    if (brace >= end) break;
    const close = text[brace] === '{' ? closingBrace(text, brace, end) : -1;
    if (close === -1) {
      if (contents.length === 0) contents.push(text.slice(brace));
      break;
    }
    const content = text.slice(brace + 1, close).trim();
    if (mode === 'last' && next !== null && !belongs(text.slice(close + 1, next), content !== contents.at(-1))) break;
    if (content !== contents.at(-1)) contents.push(content);
    next = start;
    end = start;
  }
  return contents.length === 0 ? text : contents.reverse().join(',');
}

function belongs(gap: string, isOther: boolean): boolean {
  return gap.length < NEAR || (isOther && gap.length < APART && /\b(?:and|or)\b|[,;]/.test(gap));
}

function closingBrace(text: string, from: number, end: number): number {
  let depth = 0;
  for (let at = from; at < end; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}
