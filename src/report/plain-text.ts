/** Texts from models and other tools' files, made safe for terminals, Markdown and XML: they are hostile until proven otherwise. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
/** Control characters, zero-width ones and those that turn the direction of writing: they hide or reorder what is read. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** One line of visible text. */
export function plain(text: string): string {
  return text.replace(ANSI, '').replace(/\s+/g, ' ').replace(INVISIBLE, '').replace(LONE_SURROGATE, '\ufffd').trim();
}

/** As `plain`, cut to `length` characters. */
export function excerpt(text: string, length: number): string {
  const line = plain(text);
  return line.length <= length ? line : `${plain(line.slice(0, length - 1))}…`;
}

/** A sentence in Markdown that shows exactly this text: no links, images, HTML, tables or mentions out of it. */
export function markdownText(text: string): string {
  return plain(text)
    .replace(/[\\`*_{}[\]<>#|~!&@]/g, (character) => `\\${character}`)
    .replace(/:\/\//g, '&#58;//')
    .replace(/\bwww\./gi, (start) => `${start.slice(0, -1)}&#46;`);
}

/** What a model or a file said, as a code span: nothing in it is Markdown. Fits into a table's cell. */
export function markdownCode(text: string): string {
  const line = plain(text).replace(/\|/g, '\\|');
  if (line === '') return '';
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

export function xmlText(text: string): string {
  return plain(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/'/g, '&apos;');
}
