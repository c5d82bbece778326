/** Reads Python literals (lists of answers, choices and images in cells of VLMEvalKit's TSV files) without running anything. Linear. */

import { floatText, LONGEST_INTEGER } from './python-text.js';

/** A Python value. Floats and integers are told apart, because their texts differ (`4` and `4.0`). */
export type PythonValue =
  | { readonly type: 'none' }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'str'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: string }
  | { readonly type: 'list' | 'tuple' | 'set'; readonly items: readonly PythonValue[] }
  | { readonly type: 'dict'; readonly entries: readonly (readonly [PythonValue, PythonValue])[] };

/** Lists in lists beyond this are refused: the parser calls itself for each. */
const DEEPEST = 100;

const NUMBER =
  /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:(?:\d(?:_?\d)*)?\.\d(?:_?\d)*|\d(?:_?\d)*\.?)(?:[eE][+-]?\d(?:_?\d)*)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** @throws SyntaxError with the place (UTF-16 units from 0) where the text is no literal */
export function parsePythonLiteral(text: string): PythonValue {
  const reader = new LiteralReader(text);
  return reader.whole();
}

/** The literal, or null where the text is none. */
export function readPythonLiteral(text: string): PythonValue | null {
  try {
    return parsePythonLiteral(text);
  } catch {
    return null;
  }
}

class LiteralReader {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  whole(): PythonValue {
    this.space(true);
    let value = this.value();
    this.space();
    // A bare `1, 2` is a tuple.
    if (this.text[this.at] === ',') {
      const items = [value];
      while (this.take(',')) {
        this.space();
        if (this.at === this.text.length) break;
        items.push(this.value());
        this.space();
      }
      value = { type: 'tuple', items };
    }
    if (this.at !== this.text.length) throw this.wrong();
    return value;
  }

  /** Line ends count as space inside brackets, and after the literal. */
  private space(blanksOnly = false): void {
    for (;;) {
      const character = this.text[this.at];
      if (character === '#' && this.depth > 0) {
        while (this.at < this.text.length && this.text[this.at] !== '\n') this.at++;
      } else if (character === ' ' || character === '\t' || character === '\f') this.at++;
      else if (!blanksOnly && (character === '\n' || character === '\r')) this.at++;
      else return;
    }
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private wrong(): SyntaxError {
    return new SyntaxError(`no Python literal at character ${this.at}`);
  }

  private value(): PythonValue {
    const character = this.text[this.at] ?? '';
    if (character === '[') return { type: 'list', items: this.bracketed(']').items };
    if (character === '(') return this.parenthesis();
    if (character === '{') return this.braces();
    if (character === '+' || character === '-') return this.signed(character);
    if (character === "'" || character === '"' || /[rRbBuU]/.test(character)) {
      const found = this.strings();
      if (found) return found;
    }
    if (/[0-9.]/.test(character)) return this.number();
    NAME.lastIndex = this.at;
    const name = NAME.exec(this.text)?.[0];
    const named = name === undefined ? undefined : namedValue(name);
    if (name === undefined || named === undefined) throw this.wrong();
    this.at += name.length;
    return named;
  }

  private deeper(): void {
    this.depth++;
    if (this.depth > DEEPEST) throw new SyntaxError(`lists in lists deeper than ${DEEPEST} at character ${this.at}`);
  }

  private bracketed(end: string): { items: PythonValue[]; comma: boolean } {
    this.deeper();
    this.at++;
    const items: PythonValue[] = [];
    let comma = false;
    for (;;) {
      this.space();
      if (this.take(end)) break;
      if (items.length > 0 && !comma) throw this.wrong();
      items.push(this.value());
      this.space();
      comma = this.take(',');
    }
    this.depth--;
    return { items, comma };
  }

  private parenthesis(): PythonValue {
    const { items, comma } = this.bracketed(')');
    const [only] = items;
    return items.length === 1 && !comma && only !== undefined ? only : { type: 'tuple', items };
  }

  private braces(): PythonValue {
    this.deeper();
    this.at++;
    const items: PythonValue[] = [];
    const entries: [PythonValue, PythonValue][] = [];
    let comma = true;
    for (;;) {
      this.space();
      if (this.take('}')) break;
      if (!comma) throw this.wrong();
      const item = this.value();
      this.space();
      if (this.take(':')) {
        if (items.length > 0) throw this.wrong();
        this.space();
        entries.push([item, this.value()]);
        this.space();
      } else {
        if (entries.length > 0) throw this.wrong();
        items.push(item);
      }
      comma = this.take(',');
    }
    this.depth--;
    return items.length > 0 ? { type: 'set', items } : { type: 'dict', entries };
  }

  private signed(sign: '+' | '-'): PythonValue {
    this.at++;
    this.space(true);
    this.deeper();
    const value = this.value();
    this.depth--;
    const number: PythonValue = value.type === 'bool' ? { type: 'int', value: value.value ? 1n : 0n } : value;
    if (number.type === 'int') return { type: 'int', value: sign === '-' ? -number.value : number.value };
    if (number.type === 'float') return { type: 'float', value: sign === '-' ? -number.value : number.value };
    throw this.wrong();
  }

  private number(): PythonValue {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text)?.[0];
    if (match === undefined) throw this.wrong();
    const digits = match.replaceAll('_', '');
    // `1a` and the old octal `01` are no numbers.
    if (/[A-Za-z0-9_]/.test(this.text[this.at + match.length] ?? '') || /^0\d*[1-9]\d*$/.test(digits)) throw this.wrong();
    if (digits.length > LONGEST_INTEGER) throw this.wrong();
    this.at += match.length;
    const isInteger = /^(?:\d+|0[xXoObB][0-9a-fA-F]+)$/.test(digits);
    return isInteger ? { type: 'int', value: BigInt(digits) } : { type: 'float', value: Number(digits) };
  }

  /** One string, or several that stand side by side; null where the letters are no string's prefix. */
  private strings(): PythonValue | null {
    let joined: string[] | null = null;
    let bytes = false;
    for (;;) {
      const prefix = /^(?:[rR][bB]?|[bB][rR]?|[uU])?(?=['"])/.exec(this.text.slice(this.at, this.at + 3))?.[0];
      if (prefix === undefined) break;
      const isBytes = /[bB]/.test(prefix);
      if (joined && bytes !== isBytes) throw this.wrong();
      this.at += prefix.length;
      bytes = isBytes;
      (joined ??= []).push(this.string(/[rR]/.test(prefix), isBytes));
      this.space(this.depth === 0);
    }
    if (joined === null) return null;
    return { type: bytes ? 'bytes' : 'str', value: joined.join('') };
  }

  private string(raw: boolean, bytes: boolean): string {
    const quote = this.text[this.at] ?? '';
    const triple = this.text.startsWith(quote.repeat(3), this.at);
    const end = triple ? quote.repeat(3) : quote;
    this.at += end.length;
    const parts: string[] = [];
    let from = this.at;
    for (;;) {
      const character = this.text[this.at];
      if (character === undefined || (!triple && (character === '\n' || character === '\r'))) throw this.wrong();
      if (character === quote && this.text.startsWith(end, this.at)) break;
      if (character !== '\\') this.at++;
      else if (raw) this.at += 2;
      else {
        parts.push(this.text.slice(from, this.at), this.escape(bytes));
        from = this.at;
      }
    }
    parts.push(this.text.slice(from, this.at));
    this.at += end.length;
    return parts.join('');
  }

  private escape(bytes: boolean): string {
    const letter = this.text[this.at + 1];
    if (letter === undefined) throw this.wrong();
    const simple = Object.hasOwn(SIMPLE_ESCAPES, letter) ? SIMPLE_ESCAPES[letter] : undefined;
    if (simple !== undefined || letter === '\n') {
      this.at += 2;
      return simple ?? '';
    }
    const octal = /^[0-7]{1,3}/.exec(this.text.slice(this.at + 1, this.at + 4))?.[0];
    if (octal !== undefined) {
      this.at += 1 + octal.length;
      return String.fromCharCode(Number.parseInt(octal, 8));
    }
    const width = letter === 'x' ? 2 : bytes ? 0 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0;
    if (width === 0) {
      // An unknown escape is left as it stands. Names (`\N{…}`) would need Unicode's whole list.
      if (letter === 'N' && !bytes) throw this.wrong();
      this.at += 2;
      return `\\${letter}`;
    }
    const hex = this.text.slice(this.at + 2, this.at + 2 + width);
    const code = hex.length === width && /^[0-9a-fA-F]+$/.test(hex) ? Number.parseInt(hex, 16) : Infinity;
    if (code > 0x10ffff) throw this.wrong();
    this.at += 2 + width;
    return String.fromCodePoint(code);
  }
}

function namedValue(name: string): PythonValue | undefined {
  if (name === 'None') return { type: 'none' };
  if (name === 'True' || name === 'False') return { type: 'bool', value: name === 'True' };
  return undefined;
}

/** str(value). */
export function pythonText(value: PythonValue): string {
  return value.type === 'str' ? value.value : pythonRepr(value);
}

/** repr(value): what stands for an item inside a list's text. */
function pythonRepr(value: PythonValue): string {
  switch (value.type) {
    case 'none':
      return 'None';
    case 'bool':
      return value.value ? 'True' : 'False';
    case 'int':
      return String(value.value);
    case 'float':
      return floatText(value.value);
    case 'str':
      return quoted(value.value);
    case 'bytes':
      return `b${quoted(value.value)}`;
    case 'list':
      return `[${value.items.map(pythonRepr).join(', ')}]`;
    case 'tuple':
      return `(${value.items.map(pythonRepr).join(', ')}${value.items.length === 1 ? ',' : ''})`;
    case 'set':
      return `{${value.items.map(pythonRepr).join(', ')}}`;
    case 'dict':
      return `{${value.entries.map(([key, member]) => `${pythonRepr(key)}: ${pythonRepr(member)}`).join(', ')}}`;
  }
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\', [quote]: `\\${quote}` };
  const body = text.replace(/[\\'"\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    if (character === "'" || character === '"') return character === quote ? `\\${quote}` : character;
    const named = NAMED[character];
    if (named !== undefined) return named;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return quote + body + quote;
}

/**
 * The texts of a cell that may hold a list: a text in square brackets is read as a Python list, any other is the one item
 * (`toliststr` of VLMEvalKit).
 * @throws SyntaxError where the brackets hold no list
 */
export function listOfTexts(cell: string): string[] {
  if (!cell.startsWith('[') || !cell.endsWith(']')) return [cell];
  const value = parsePythonLiteral(cell);
  if (value.type !== 'list') throw new SyntaxError('the brackets hold no Python list');
  return value.items.map(pythonText);
}

/** The items of a text that is a Python list as a whole, or null: how the reference tells a list of answers from an answer. */
export function answerList(text: string): string[] | null {
  if (!/^[ \t\f]*\[/.test(text)) return null;
  const value = readPythonLiteral(text);
  return value?.type === 'list' ? value.items.map(pythonText) : null;
}
