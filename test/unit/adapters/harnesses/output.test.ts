import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LastLines, LineSplitter, type OutputLine } from '../../../../src/adapters/harnesses/output.js';

const same = (text: string): string => text;

function linesOf(chunks: readonly string[], redact: (text: string) => string = same): OutputLine[] {
  const lines: OutputLine[] = [];
  const splitter = new LineSplitter(redact, (line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

describe('the lines of a program', () => {
  it('end at line feeds; carriage returns end what the next line paints over', () => {
    expect(linesOf(['one\r\ntwo\n 10%\r 20%\rdone\nlast'])).toEqual([
      { text: 'one', passing: false },
      { text: 'two', passing: false },
      { text: ' 10%', passing: true },
      { text: ' 20%', passing: true },
      { text: 'done', passing: false },
      { text: 'last', passing: false },
    ]);
  });

  it('are the same however the output is cut into chunks', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r', ' '), maxLength: 60 }), fc.nat(60), (text, at) => {
        expect(linesOf([text.slice(0, at), text.slice(at)])).toEqual(linesOf([text]));
      }),
    );
  });

  it('hold no terminal escapes and control characters', () => {
    expect(linesOf(['\u001b[31mred\u001b[0m\u0007\u0000 text\n'])[0]?.text).toBe('red text');
  });

  it('are cleaned of credentials, also where one lies across two pieces of a very long line', () => {
    const secret = 'sk-0123456789abcdef';
    const redact = (text: string): string => text.replaceAll(secret, '[redacted]');
    const long = 'x'.repeat(65_530);
    const text = linesOf([`${long}${secret.slice(0, 9)}`, `${secret.slice(9)}${long}\n`], redact)
      .map((line) => line.text)
      .join('');
    expect(text).toBe(`${long}[redacted]${long}`);
  });
});

describe('the last lines', () => {
  it('hold a progress bar once, as it was painted last', () => {
    const last = new LastLines();
    for (const line of linesOf(['start\n 1%\r 2%\r 3%\rend\n'])) last.add(line);
    expect(last.tail(10)).toEqual(['start', 'end']);
    expect(last.last).toBe('end');
  });

  it('give the complaints before them as reasons, each kind once', () => {
    const last = new LastLines();
    const text = [
      '10:01 request failed: 401',
      '10:02 request failed: 401',
      ...Array.from({ length: 20 }, (_, i) => `  File "x", line ${i}`),
      'Error: closed',
    ];
    for (const line of text) last.add({ text: line, passing: false });
    expect(last.reasons(2)).toEqual(['10:02 request failed: 401', '  File "x", line 19', 'Error: closed']);
  });

  it('are bounded in number and length', () => {
    const last = new LastLines();
    for (let i = 0; i < 100; i++) last.add({ text: `${i}${'y'.repeat(1000)}`, passing: false });
    expect(last.tail(1000)).toHaveLength(40);
    expect(last.last).toHaveLength(401);
  });
});
