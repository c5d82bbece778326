/** Stand-alone option letters in running text, by Unicode's word characters; what the multiple-choice scorers search with. */

const NON_ASCII_WORD = /[\p{L}\p{N}]/u;

/** True when the code point that ends before, or starts at, `at` is a letter, a digit or `_`. */
function isWordAt(text: string, at: number): boolean {
  const code = text.codePointAt(at);
  if (code === undefined) return false;
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;
  return NON_ASCII_WORD.test(String.fromCodePoint(code));
}

function isWordBefore(text: string, at: number): boolean {
  const low = text.charCodeAt(at - 1);
  const isLowSurrogate = low >= 0xdc00 && low <= 0xdfff;
  return at > 0 && isWordAt(text, isLowSurrogate && at > 1 ? at - 2 : at - 1);
}

/** True when no word character touches the character at `at`. JavaScript's `\b` would take `é` for a boundary. */
export function standsAlone(text: string, at: number): boolean {
  return !isWordBefore(text, at) && !isWordAt(text, at + 1);
}

/**
 * The last stand-alone character of `text` that is one of `letters`, or null. Linear, from the end.
 * @param accept turns down a place, such as the article "A" before a word
 */
export function lastStandAloneLetter(text: string, letters: string, accept: (at: number) => boolean = () => true): string | null {
  for (let at = text.length - 1; at >= 0; at--) {
    const letter = text[at] as string;
    if (letters.includes(letter) && standsAlone(text, at) && accept(at)) return letter;
  }
  return null;
}
