/** Reads the project's Markdown pages for readme.test.ts: their commands, the output that they promise, their links. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../../..');

/** A fenced block under a marker; `line` is that of its fence, from 1. */
export type Step =
  | { readonly kind: 'run'; readonly line: number; readonly script: string; readonly exit: number }
  | { readonly kind: 'output'; readonly line: number; readonly lines: readonly string[] };

export interface Link {
  readonly line: number;
  readonly target: string;
}

const MARKER = /^<!-- (runnable(?: exit=(\d+))?|output) -->$/;
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

export function readPage(page: string): string[] {
  return readFileSync(path.join(ROOT, page), 'utf8').split('\n');
}

/** Every Markdown page of the project, by its path from the root. */
export function allPages(): string[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const below = ['docs', 'examples'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => path.join(folder, name)),
  );
  return [...top, ...below].sort();
}

/** @throws when a marker stands above anything but a fenced block */
export function stepsOf(page: string): Step[] {
  const lines = readPage(page);
  const steps: Step[] = [];
  lines.forEach((text, index) => {
    const marker = MARKER.exec(text);
    if (marker === null) return;
    const open = index + 1;
    const fence = marker[1] === 'output' ? '```text' : '```sh';
    const close = lines.indexOf('```', open);
    if (lines[open] !== fence || close === -1) throw new Error(`${page}:${open + 1}: ${text} must stand above a ${fence} block`);
    const body = lines.slice(open + 1, close);
    if (marker[1] === 'output') steps.push({ kind: 'output', line: open + 1, lines: body });
    else steps.push({ kind: 'run', line: open + 1, script: body.join('\n'), exit: Number(marker[2] ?? 0) });
  });
  return steps;
}

/** Links of a page outside its fenced blocks. */
export function linksOf(page: string): Link[] {
  let fenced = false;
  return readPage(page).flatMap((text, index) => {
    if (text.startsWith('```')) fenced = !fenced;
    if (fenced) return [];
    return [...text.matchAll(LINK)].map(([, target]) => ({ line: index + 1, target: target as string }));
  });
}

/** Anchors of a page's headings, as forges make them. */
export function anchorsOf(page: string): string[] {
  return readPage(page)
    .filter((text) => /^#{1,6} /.test(text))
    .map((text) => {
      const words = text.replace(/^#+ /, '').toLowerCase();
      return words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    });
}

/** The first promised line that does not stand, in order, in what was printed; `…` stands for anything within a line. White space counts as one space. */
export function promisedLineThatIsMissing(promised: readonly string[], printed: string): string | undefined {
  const lines = printed.split('\n').map(squeezed);
  let from = 0;
  for (const text of promised.filter((line) => line.trim() !== '')) {
    const pattern = new RegExp(`^${squeezed(text).split('…').map(escapeRegExp).join('.*')}$`);
    const at = lines.findIndex((line, index) => index >= from && pattern.test(line));
    if (at === -1) return text;
    from = at + 1;
  }
  return undefined;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function squeezed(line: string): string {
  return line.replaceAll(/\s+/g, ' ').trim();
}
