/** Text of models and endpoints is hostile to a terminal: control characters could move the cursor, hide text or set the title. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with every control and direction-changing character but newline and tab shown as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
