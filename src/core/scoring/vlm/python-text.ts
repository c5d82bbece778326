/** Text and number rules of Python, which the reference scorers (VLMEvalKit) are written in: what they call white space, a number, a text. */

/** What str.split() and str.strip() take for white space: unlike JavaScript, with the separators 1C to 1F and 85, without FEFF. */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SPACES = new RegExp(`[${SPACE}]+`, 'g');
const ONE_SPACE = new RegExp(`^[${SPACE}]$`);

/** The class of `\s` in a pattern, for other patterns to hold. */
export const PYTHON_SPACE = `[${SPACE}]`;

function isSpace(character: string): boolean {
  return ONE_SPACE.test(character);
}

/** str.strip(). Linear, which a pattern anchored at the end is not. */
export function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charAt(start))) start++;
  while (end > start && isSpace(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** str.split() without an argument: words, none empty. */
export function words(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '');
}

/** len(): Python counts code points. */
export function codePoints(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const next = text.charCodeAt(i + 1);
    if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) i++;
    count++;
  }
  return count;
}

// No two repetitions beside each other that could share digits: linear.
const FLOAT = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
/** Python reads no longer integers from text by default. */
export const LONGEST_INTEGER = 4300;
const INTEGER = /^[+-]?\d+(?:_\d+)*$/;
const WORDS_FOR_NUMBERS = /^([+-]?)(?:(inf|infinity)|nan)$/i;

/** Digits of other scripts count as digits in Python. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    if (code < 128) return digit;
    // Each script's ten digits stand in a row that begins at its zero.
    let zero = code;
    while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return String((code - zero) % 10);
  });
}

/** float(text), or null where Python raises ValueError. NaN and the infinities are numbers. */
export function toFloat(text: string): number | null {
  const trimmed = asciiDigits(strip(text));
  const word = WORDS_FOR_NUMBERS.exec(trimmed);
  if (word) return word[2] === undefined ? Number.NaN : word[1] === '-' ? -Infinity : Infinity;
  return FLOAT.test(trimmed) ? Number(trimmed.replaceAll('_', '')) : null;
}

/** int(text), or null where Python raises ValueError. */
export function toInteger(text: string): bigint | null {
  const trimmed = asciiDigits(strip(text)).replaceAll('_', (_, at: number, whole: string) =>
    /^\d_\d$/.test(whole.slice(at - 1, at + 2)) ? '' : '_',
  );
  return trimmed.length <= LONGEST_INTEGER && INTEGER.test(trimmed) ? BigInt(trimmed.replace(/^\+/, '')) : null;
}

/** str(value) of a number that Python holds as a float: `4.0`, `0.1`, `1e+16`, `1e-05`, `nan`, `inf`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= 16 || power < -4) return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const plain = String(value);
  if (plain.includes('e')) return value.toFixed(Math.max(0, mantissa.replace(/[-.]/g, '').length - 1 - power));
  return plain.includes('.') ? plain : `${plain}.0`;
}
