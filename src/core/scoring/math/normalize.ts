/** LaTeX clean-up before parsing in the math scorer: wrappers, units, and forms that TeX accepts and the grammar does not. */

import { withoutUnit } from './units.js';

const LEFT = /\\m?left(\\[{|]|[{|[(]|\\(?:rbracl|lgroup|lbrace|lbrack|lvert|vert|lceil|lfloor|langle|llcorner|ulcorner))/g;
const RIGHT = /\\m?right(\\[}|]|[}|\])]|\\(?:rbrack|rgroup|rbrace|rvert|vert|rceil|rfloor|rangle|lrcorner|urcorner))/g;
/** `(n)_{k}`, the falling factorial. */
const FALLING = /\(([a-zA-Z0-9+\-*/\\ ]+?)\)_\{([a-zA-Z0-9+\-*/\\ ]+?)\}/g;
const SILENT = /\\mathrm\{th\}|\\!\s*|\\text\s*\{\s*\}|\\\$|\$|(?<!\\)["']|\\displaystyle/g;

/** What is rewritten in one pass from left to right; at one place the first that matches. */
const REWRITES: readonly (readonly [pattern: string, replacement: string])[] = [
  [String.raw`\\math(?:rm|it|bf)`, '\\text'],
  [String.raw`\\text(?:normal|bf|it|rm)`, '\\text'],
  [String.raw`\\[dtc]frac`, '\\frac'],
  [String.raw`\s\.`, ' 0.'],
  [String.raw`\{\.`, '{0.'],
  ['~=', '\\approx'],
  [String.raw`\s*\{\s*,\s*\}`, ','],
  [String.raw`(?<![a-zA-Z]),?\s*(?:and|or)(?![a-zA-Z])`, ','],
  [String.raw`,?\s*\\text\{\s*(?:and|or)\s*\}`, ','],
  [String.raw`(?<!\\)\\\s`, ' '],
  ['infinity', '\\infty'],
  [String.raw`,?\\ldots`, ' '],
  [String.raw`\s*\bpercentage\b`, '\\%'],
  [String.raw`\\text\{percentage\}`, '%'],
  [String.raw`\s*\bpercent\b`, '\\%'],
  [String.raw`\\text\{percent\}`, '%'],
  [String.raw`\s*\bpct\b`, '\\%'],
  [String.raw`\\text\{pct\}`, '%'],
  [String.raw`(?<!\\)inf(?!inity)`, '\\infty'],
  [' sqrt', '\\sqrt'],
];
const REWRITE = new RegExp(REWRITES.map(([pattern]) => `(${pattern})`).join('|'), 'g');

/** Operators without their braces, in this order. A `\sqrt(2)` ends with two backslashes and is unreadable, as in the reference. */
const OPERATORS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\^\s?\((.*?)\)/g, '^{$1}'],
  [/sqrt\s?\((.*?)\)/g, '\\sqrt{$1}'],
  [/\\frac\s?(\d)\s?(\d+)/g, '\\frac{$1}{$2}'],
  [/\\log_\s?(\d)\s?(\d+)/g, '\\log_{$1}{$2}'],
  [/\\frac\s?\{(.*?)\}\s?(\d)/g, '\\frac{$1}{$2}'],
  [/\\frac\s?(\d)\s?\{(.*?)\}/g, '\\frac{$1}{$2}'],
  [/\\sqrt\s?(\d)/g, '\\sqrt{$1}'],
];

/**
 * The form in which an answer is parsed, and in which two unreadable answers are compared: the normalisation of math-verify 0.9.0
 * with its default settings (`NormalizationConfig` of latex2sympy2_extended 1.11.0), without the extraction from boxes. Some of its
 * rules are quadratic in bad cases: callers bound the length.
 */
export function normalizeLatex(text: string): string {
  return mendOperators(mendDecimal(withoutUnits(plainLatex(text)))).trim();
}

function plainLatex(text: string): string {
  const plain = text
    .replaceAll('\\mathrm{T}', 'T')
    .replaceAll('\\mathrm{d}', 'd')
    .replaceAll('{\\rm d}', 'd')
    .replaceAll('\\left[\\begin{matrix}', '\\begin{bmatrix}')
    .replaceAll('\\end{matrix}\\right]', '\\end{bmatrix}')
    .replace(LEFT, '$1')
    .replace(RIGHT, '$1')
    .replace(FALLING, '\\frac{($1)!}{(($1)-($2))!}')
    .replace(SILENT, '')
    .replace(REWRITE, (match, ...groups: unknown[]) => REWRITES[groups.findIndex((group) => group !== undefined)]?.[1] ?? match)
    .replace(/[\n\t]/g, ' ');
  return plain.includes('matrix') ? plain : plain.replace(/\\\\(?=[a-zA-Z])/g, '\\');
}

/** Without a `\text{…}` at the end (and what stands between it and the first one), and without up to two unit words. */
function withoutUnits(text: string): string {
  const wrapper = text.search(/\\(?:text|mbox)\{/);
  const cut = wrapper === -1 || !/\}(?:\^\d|\{\^\d\})?$/.test(text.slice(wrapper)) ? text : text.slice(0, wrapper);
  let plain = cut.trim() || text;
  for (let round = 0; round < 2; round++) plain = withoutUnit(plain) || plain;
  return plain;
}

function mendDecimal(text: string): string {
  const decimal = text.startsWith('.') ? `0${text}` : text;
  return decimal === '0.5' ? '\\frac{1}{2}' : decimal;
}

function mendOperators(text: string): string {
  let mended = text;
  for (const [pattern, replacement] of OPERATORS) mended = mended.replace(pattern, replacement);
  mended = mendFractions(mendRoots(mended.replaceAll(' sqrt', '\\sqrt')));
  const slash = /^(-?(?:0|[1-9]\d*))\/(-?(?:0|[1-9]\d*))$/.exec(mended);
  return slash === null ? mended : `\\frac{${slash[1]}}{${slash[2]}}`;
}

/** `\sqrt x` and `\sqrtx` become `\sqrt{x}`. */
function mendRoots(text: string): string {
  return text
    .split('\\sqrt')
    .map((part, at) => {
      const rest = part.trimStart();
      if (at === 0) return part;
      return rest === '' || rest.startsWith('{') || rest.startsWith('[') ? rest : `{${rest[0]}}${rest.slice(1)}`;
    })
    .join('\\sqrt');
}

/** `\frac ab` and `\frac a{b}` get their braces; a fraction with less than two characters leaves the whole text as it is. */
function mendFractions(text: string): string {
  const parts = text.split('\\frac');
  const mended = [parts[0] as string];
  for (const part of parts.slice(1)) {
    const rest = part.trimStart();
    if (rest.startsWith('{')) mended.push(rest);
    else if (rest.length < 2) return text;
    else mended.push(rest[1] === '{' ? `{${rest[0]}}${rest.slice(1)}` : `{${rest[0]}}{${rest[1]}}${rest.slice(2)}`);
  }
  return mended.join('\\frac');
}
