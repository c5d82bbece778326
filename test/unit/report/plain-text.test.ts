/** Hostile text in a terminal, in Markdown and in XML. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerpt, markdownCode, markdownText, plain, xmlText } from '../../../src/report/plain-text.js';

describe('plain', () => {
  it('takes out escape sequences, control characters and what turns or hides text', () => {
    expect(plain('\u001b[31mred\u001b[0m \u001b]0;title\u0007bell\u0007 a\u0000b \u202eevil\u2066 zero\u200bwidth\u009b')).toBe(
      'red bell ab evil zerowidth',
    );
  });

  it('makes one line of many', () => {
    expect(plain('  a\r\nb\tc\u2028d  ')).toBe('a b c d');
  });

  it('keeps letters of every script, and replaces half of a pair', () => {
    expect(plain('äö 中文 𝄞 \ud834')).toBe('äö 中文 𝄞 \ufffd');
  });

  it('leaves nothing that a terminal would act on, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be gone.
        expect(plain(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });
});

describe('excerpt', () => {
  it('cuts long text and says so', () => {
    expect(excerpt('abcdef', 4)).toBe('abc…');
    expect(excerpt('abcd', 4)).toBe('abcd');
  });
});

describe('markdown', () => {
  it('shows links, images, HTML, mentions and tables as text', () => {
    expect(markdownText('![x](http://a.b) <script> @all | `c` *d* _e_ #1')).toBe(
      '\\!\\[x\\](http&#58;//a.b) \\<script\\> \\@all \\| \\`c\\` \\*d\\* \\_e\\_ \\#1',
    );
  });

  it('fences code longer than any run of backticks in it', () => {
    expect(markdownCode('a `b` ``c``')).toBe('``` a `b` ``c`` ```');
    expect(markdownCode('x | y')).toBe('`x \\| y`');
    expect(markdownCode('\u0000')).toBe('');
  });
});

describe('xml', () => {
  it('escapes what XML reads', () => {
    expect(xmlText('<a b="c">&\'\u0001</a>')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&apos;&lt;/a&gt;');
  });
});
