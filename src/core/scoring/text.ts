/** Comparing a written answer with a target: what decoration is, when two texts are the same, what number a text stands for. */

/** Decoration around an answer: Markdown emphasis, code and quotation marks, TeX's dollars. */
const DECORATION = '*_`"\'“”‘’«»$ \t\r\n\u00a0';

/** TeX commands that only show their argument. */
const TEX_WRAPPER = /^\\(?:boxed|text|textbf|mathrm|mathbf|mathit|operatorname)\s*\{([\s\S]*)\}$/;

/** Nested wrappers deeper than this are left as they are: the work stays linear in the length. */
const MAX_NESTING = 8;

function trimDecoration(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && DECORATION.includes(text[from] as string)) from++;
  while (to > from && DECORATION.includes(text[to - 1] as string)) to--;
  return text.slice(from, to);
}

/** An answer without the decoration around it: `**$\boxed{42}$.**` gives `42`. What stands inside is kept. */
export function undecorated(text: string): string {
  let current = trimDecoration(text);
  for (let depth = 0; depth < MAX_NESTING; depth++) {
    const inner = current.replace(/[.,;]$/, '').replace(TEX_WRAPPER, '$1');
    const next = trimDecoration(inner);
    if (next === current) break;
    current = next;
  }
  return current;
}

/** A number in plain writing: sign, digits with or without thousands separators, fraction, exponent. */
const NUMBER = /^[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d{1,3})?$/;

/**
 * The number that a text consists of, or null. Currency signs, `%` and thousands separators are units and punctuation,
 * not part of the value: `$1,200.00` is 1200 and `40%` is 40.
 */
export function parseNumber(text: string): number | null {
  const plain = text
    .trim()
    .replace(/[−–]/g, '-')
    .replace(/^([-+]?)\s*[$€£¥]\s*/, '$1')
    .replace(/\s*[%°€£¥]$/, '')
    .replace(/\.$/, '');
  if (plain.length > 400 || !/\d/.test(plain) || !NUMBER.test(plain)) return null;
  const value = Number(plain.replaceAll(',', ''));
  return Number.isFinite(value) ? value : null;
}

/** Equal up to `tolerance`, or up to rounding in the last of about nine digits. */
export function sameNumber(a: number, b: number, tolerance = 0): boolean {
  return Math.abs(a - b) <= Math.max(tolerance, 1e-9 * Math.max(Math.abs(a), Math.abs(b)));
}

/** The form in which two texts are compared: decoration off, white space collapsed, compatible characters unified, lower case. */
export function comparable(text: string): string {
  return undecorated(text).normalize('NFKC').replace(/\s+/g, ' ').toLowerCase();
}

/** True when two short answers say the same: as numbers if both are numbers, else as comparable texts. */
export function sameAnswer(answer: string, target: string): boolean {
  const a = parseNumber(undecorated(answer));
  const b = parseNumber(undecorated(target));
  return a !== null && b !== null ? sameNumber(a, b) : comparable(answer) === comparable(target);
}
