/** Hostile text in a terminal. */

import { expect, it } from 'vitest';
import { printable } from '../../../src/cli/printable.js';

it('shows what could move the cursor, set the title or turn the text round', () => {
  expect(printable('\u001b[2Jgone\u001b]0;title\u0007')).toBe('\\u{1b}[2Jgone\\u{1b}]0;title\\u{7}');
  expect(printable('a\rb\bc\u007f\u009b31m')).toBe('a\\u{d}b\\u{8}c\\u{7f}\\u{9b}31m');
  expect(printable('\u202eevil\u2066x\u0000')).toBe('\\u{202e}evil\\u{2066}x\\u{0}');
});

it('leaves text of any language, newline and tab as they are', () => {
  const text = 'größe\n\tцена 値段 \u{1F600} العربية';
  expect(printable(text)).toBe(text);
});
