/** Words quoted for a shell, checked by real shells: what goes in as an argument vector must come out as one. */

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteCommand, quoteWord } from '../../../../src/adapters/clusters/quote.js';
import { commandLine } from '../../../../src/adapters/clusters/ssh/run.js';

/** Every character that a shell could take for something else, with ordinary ones between. */
const nasty = fc.string({
  unit: fc.constantFrom(...'\'"\\$`!#&*?[]{}()<>|;~^= \t\n\r-%@,:./aZ0é漢🙂\u00a0\u2028\u0001\u007f'),
  maxLength: 12,
});
const anyText = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'));
const words = fc.array(fc.oneof(nasty, anyText), { minLength: 1, maxLength: 6 });

/** The arguments that a shell made of a line. */
function argumentsSeen(shell: string, line: string): readonly string[] {
  const { stdout, status, stderr } = spawnSync(shell, ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\0').slice(0, -1);
}

describe.each(['sh', 'bash'])('quoteWord, read by %s', (shell) => {
  it('gives the same words back, whatever is in them', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(words, (list) => {
        expect(argumentsSeen(shell, list.map(quoteWord).join(' '))).toEqual(list);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    '',
    '-n',
    '--',
    '!',
    "it's!",
    'a\nb',
    "'\n'",
    '~',
    '~root',
    '{a,b}',
    '$(id)',
    '`id`',
    'é漢🙂',
    '\\',
    "\\'",
    '#x',
    'a=b',
    '*',
    'C:\\x',
    'x:$y',
  ])('gives %j back', (word) => {
    expect(argumentsSeen(shell, quoteWord(word))).toEqual([word]);
  });
});

describe('quoteCommand', () => {
  it('leaves plain words as they are, so that scripts can be read', () => {
    expect(quoteCommand(['nel', 'eval', 'run', 'config.yaml', '--shard=3/16', '-o', '/data/out'])).toBe(
      'nel eval run config.yaml --shard=3/16 -o /data/out',
    );
  });

  it('never makes an assignment or a keyword of the program', () => {
    expect(quoteCommand(['A=b', 'x'])).toBe("'A=b' x");
    expect(quoteCommand(['if', 'x'])).toBe("'if' x");
  });

  it('refuses what no argument can hold', () => {
    expect(() => quoteWord('a\0b')).toThrow('holds a character that no argument can');
    expect(() => quoteWord('a\ud800')).toThrow('holds a character that no argument can');
    expect(() => quoteCommand([])).toThrow('without a program');
  });
});

describe('the line for a login node', () => {
  it('survives two shells and is cut free of what the profile prints', () => {
    fc.assert(
      fc.property(words, (list) => {
        const line = commandLine(['printf', '%s\\0', ...list], 'mark');
        // Without a home there is no profile of a user to wait for.
        const { stdout } = spawnSync('sh', ['-c', line], { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: '/nonexistent' } });
        expect(
          stdout
            .slice(stdout.indexOf('mark\n') + 5)
            .split('\0')
            .slice(0, -1),
        ).toEqual(list);
      }),
      { numRuns: 40 },
    );
  });
});
