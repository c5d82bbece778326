/** A YAML text as data in which every value can still say where it was written; syntax errors in words of our own. */

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { SourcePosition } from '../core/errors.js';
import type { Problems } from './problems.js';

export type ConfigPath = readonly PropertyKey[];

export interface YamlDocument {
  readonly data: unknown;
  /** Where the value at `path` is written; for a value that is not there, its nearest parent. */
  positionOf(path: ConfigPath): SourcePosition;
  /** Where the key at `path` is written. */
  keyPositionOf(path: ConfigPath): SourcePosition;
}

const BAD_ALIAS = 'an alias (*name) without an anchor (&name) before it';
const ALIAS_HINT = 'Put text that starts with * in quotes.';

/** The parser's own messages quote the file, which may hold a secret; these do not. */
const SYNTAX: Readonly<Record<string, readonly [message: string, hint?: string]>> = {
  TAB_AS_INDENT: ['a tab is used to indent, which YAML does not allow', 'Indent with spaces.'],
  BAD_INDENT: [
    'the indentation does not fit the lines above',
    'Keys of one mapping start in one column; a bracket or quote opened above has to be closed.',
  ],
  MISSING_CHAR: ['a quote, bracket, comma, colon or space is missing here or before', 'Put text with special characters in quotes.'],
  BLOCK_AS_IMPLICIT_KEY: ['a second ": " on one line', 'Put a value that contains ": " in quotes, or start a new line.'],
  MULTILINE_IMPLICIT_KEY: ['text where "key: value" was expected', 'Is a colon missing, or the space behind it?'],
  UNEXPECTED_TOKEN: ['something is left over or does not belong here', 'Check brackets, quotes and indentation.'],
  BAD_SCALAR_START: ['text starts with a character that YAML keeps for itself', 'Put it in quotes.'],
  BAD_DQ_ESCAPE: ['an unknown \\ escape inside double quotes', 'Use single quotes, or \\\\ for a backslash.'],
  BAD_ALIAS: [BAD_ALIAS, ALIAS_HINT],
  MULTIPLE_DOCS: ['a second document (---) starts here', 'One file holds one config.'],
  BLOCK_IN_FLOW: ['indented lines inside {…} or […]', 'Use one style: brackets, or indentation.'],
  TAG_RESOLVE_FAILED: ['an unknown tag (!name)', 'Remove it, or put text that starts with ! in quotes.'],
};

/** Lines with a tab that are shown. Of all other syntax errors only the first is: the rest mostly follows from it. */
const MOST_TABS = 3;

/** Parses a text; undefined when it could not be read, with the reasons added to `problems`. */
export function parseYaml(text: string, file: string, problems: Problems): YamlDocument | undefined {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true, uniqueKeys: false, logLevel: 'error' });
  const at = (offset: number): SourcePosition => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line, column: col };
  };
  if (document.errors.length > 0) {
    for (const error of worthShowing(document.errors)) {
      const [message, hint] = SYNTAX[error.code] ?? [`not valid YAML (${error.code})`];
      const here = at(error.pos[0]);
      const line = text.split('\n')[(here.line ?? 1) - 1] ?? '';
      problems.add({
        kind: 'config',
        message,
        hint: /[{[].*[^"']\$\{/.test(line) ? 'Inside {…} and […] write "${NAME}" in quotes.' : hint,
        at: here,
      });
    }
    return undefined;
  }
  reportDuplicateKeys(document.contents, '', at, problems);
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined)
        problems.add({ kind: 'config', message: BAD_ALIAS, hint: ALIAS_HINT, at: at(startOf(alias) ?? 0) });
    },
  });
  let data: unknown;
  try {
    data = document.toJS();
  } catch {
    if (!problems.any) problems.add({ kind: 'config', message: 'aliases (*name) refer to each other too often', at: { file } });
    return undefined;
  }
  const locate = (path: ConfigPath, end: 'key' | 'value') => at(offsetOf(document, path, end));
  return { data, positionOf: (path) => locate(path, 'value'), keyPositionOf: (path) => locate(path, 'key') };
}

function worthShowing(errors: readonly YAMLError[]): YAMLError[] {
  const tabs = errors.filter((error) => error.code === 'TAB_AS_INDENT');
  return tabs.length > 0 ? tabs.slice(0, MOST_TABS) : errors.slice(0, 1);
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}

/** The parser's own check does not say where the first one is. */
function reportDuplicateKeys(node: unknown, path: string, at: (offset: number) => SourcePosition, problems: Problems): void {
  if (isSeq(node)) node.items.forEach((item, index) => reportDuplicateKeys(item, `${path}[${index}]`, at, problems));
  if (!isMap(node)) return;
  const seen = new Map<string, number>();
  for (const { key, value } of node.items) {
    const name = keyText(key);
    const here = startOf(key) ?? 0;
    const before = seen.get(name);
    const full = path === '' ? name : `${path}.${name}`;
    if (before === undefined) seen.set(name, here);
    else {
      const message = `${full} is given twice, first in line ${at(before).line}`;
      problems.add({ kind: 'config', message, at: at(here), hint: 'Keep one of them.' });
    }
    reportDuplicateKeys(value, full, at, problems);
  }
}

function findPair(map: YAMLMap, key: PropertyKey) {
  return map.items.find((pair) => keyText(pair.key) === String(key));
}

function offsetOf(document: Document, path: ConfigPath, end: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let best = startOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = findPair(node, step);
      if (pair === undefined) return best;
      const key = startOf(pair.key) ?? best;
      const empty = pair.value === null || (isScalar(pair.value) && pair.value.value === null);
      const wantsKey = empty || isMap(pair.value) || isSeq(pair.value) || (end === 'key' && depth === path.length - 1);
      best = wantsKey ? key : (startOf(pair.value) ?? key);
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      best = startOf(node) ?? best;
    } else return best;
  }
  return best;
}

/** `services.nemotron.url`, `benchmarks[0].name`; the whole file is "the config". */
export function formatPath(steps: ConfigPath): string {
  const text = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text === '' ? 'the config' : text.replace(/^\./, '');
}
