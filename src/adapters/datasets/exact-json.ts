/** JSON in which no whole number is rounded: one beyond what numbers hold is kept as its text, as 64-bit integers of Parquet are. */

/**
 * JSON.parse, but whole numbers from 2^53 on, which a double may not hold, become texts of their digits: `18446744073709551617` is
 * `"18446744073709551617"`. Numbers with a fraction or an exponent are doubles, as everywhere.
 *
 * @throws SyntaxError as JSON.parse does
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!hasLongDigits(text)) return value;
  const exact = quoteLongIntegers(text);
  return exact === text ? value : JSON.parse(exact);
}

/** 2^53 has 16 digits, so that one of any 16 characters in a row is looked at: nearly all texts are without, and large. */
function hasLongDigits(text: string): boolean {
  for (let i = 15; i < text.length; i += 16) {
    if (!isDigit(text, i)) continue;
    let [first, last] = [i, i];
    while (isDigit(text, first - 1)) first--;
    while (isDigit(text, last + 1)) last++;
    if (last - first >= 15) return true;
  }
  return false;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 48 && code <= 57;
}

/** @param text valid JSON */
function quoteLongIntegers(text: string): string {
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    const quote = text.indexOf('"', from);
    const end = quote === -1 ? text.length : quote;
    parts.push(text.slice(from, end).replace(/-?\d[\d.eE+-]*/g, (number) => (isRounded(number) ? `"${number}"` : number)));
    from = quote === -1 ? text.length : endOfString(text, quote);
    parts.push(text.slice(end, from));
  }
  return parts.join('');
}

/** Behind the closing quote of the string that opens at `quote`. */
function endOfString(text: string, quote: number): number {
  for (let end = text.indexOf('"', quote + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 92) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}

function isRounded(number: string): boolean {
  return /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number));
}
