/** Text as Python sees it: white space, numbers and punctuation. The reference rules are Python programs, and a score must not depend on the language. */

/** White space of Python's `str.split()`, `str.strip()` and `\s`, as the inside of a character class. JavaScript's own lacks \x1c-\x1f and \x85 and has \ufeff. */
export const PYTHON_SPACE = '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** Characters of Python's `\w`. */
const WORD = '\\p{L}\\p{N}_';

const SPACES = new RegExp(`[${PYTHON_SPACE}]+`);
const IS_SPACE = new RegExp(`^[${PYTHON_SPACE}]`);
const ARTICLES = new RegExp(`(?<![${WORD}])(?:a|an|the)(?![${WORD}])`, 'gu');
/** `string.punctuation`: ASCII only, so that `…` and `’` stay. */
const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/g;

/** `str.isspace()` of one character. */
export function isPythonSpace(char: string | undefined): boolean {
  return char !== undefined && IS_SPACE.test(char);
}

/** `str.strip()`. Linear, also on white space without end. */
export function pythonStrip(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isPythonSpace(text[from])) from++;
  while (to > from && isPythonSpace(text[to - 1])) to--;
  return text.slice(from, to);
}

/** `str.split()`: the words between white space. */
export function pythonWords(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '');
}

/** Without the 32 punctuation characters of ASCII. */
export function withoutPunctuation(text: string): string {
  return text.replace(ASCII_PUNCTUATION, '');
}

/** The words a, an and the as single spaces; the text is lower case by then. */
export function withoutArticles(text: string): string {
  return text.replace(ARTICLES, ' ');
}

const DIGITS = String.raw`\d(?:_?\d)*`;
const FLOAT = new RegExp(`^[-+]?(?:(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][-+]?${DIGITS})?|inf(?:inity)?|nan)$`, 'i');
const SEPARATORS = /[\x1c-\x1f]/;
const FLOAT_START = /^[-+.in\p{Nd}]/iu;

/** The number that Python's `float(text)` gives, NaN and infinities among them; null where it raises ValueError. */
export function pythonFloat(text: string): number | null {
  // float() strips C's white space and Unicode's, but not the separators \x1c to \x1f, which str.strip() takes too.
  if (SEPARATORS.test(text)) return null;
  const stripped = pythonStrip(text);
  if (!FLOAT_START.test(stripped)) return null;
  const ascii = stripped.replace(/[^\p{ASCII}]/gu, (char) => decimalDigit(char) ?? '?');
  if (!FLOAT.test(ascii)) return null;
  const plain = ascii.replaceAll('_', '').toLowerCase();
  const sign = plain.startsWith('-') ? -1 : 1;
  const unsigned = plain.replace(/^[-+]/, '');
  if (unsigned === 'nan') return Number.NaN;
  return sign * (unsigned.startsWith('inf') ? Number.POSITIVE_INFINITY : Number(unsigned));
}

/** The values of digits that were met, by code point: finding one is slow. There are some 700 of them. */
const DIGIT_VALUES = new Map<number, string>();

/** Decimal digits of other scripts stand in runs of ten, zero first: the distance from the run's start, modulo ten, is the value. */
function decimalDigit(char: string): string | null {
  const code = char.codePointAt(0) as number;
  const known = DIGIT_VALUES.get(code);
  if (known !== undefined) return known;
  if (!/^\p{Nd}$/u.test(char)) return null;
  let start = code;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(start - 1))) start--;
  const value = String((code - start) % 10);
  DIGIT_VALUES.set(code, value);
  return value;
}

/** `str(value)` of a Python float: `5.0`, `1e+16`, `1e-05`, `nan`. */
export function pythonFloatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 16) return Number.isInteger(value) ? `${value}.0` : String(value);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Two decimals as NumPy's `round` gives them: the nearest even where the hundredfold is half-way. */
export function roundedToHundredths(value: number): number {
  const hundredfold = value * 100;
  const below = Math.floor(hundredfold);
  const rest = hundredfold - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  return (up ? below + 1 : below) / 100;
}
