/** The command that goes on must mean in a shell what it meant here. */

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { resumeCommand, shellQuote } from '../../../src/cli/resume-command.js';

it('repeats the arguments with --resume, once', () => {
  expect(resumeCommand(['eval', 'run', 'my config.yaml', '-o', './out'])).toBe("nel eval run 'my config.yaml' -o ./out --resume");
  expect(resumeCommand(['eval', 'run', 'a.yaml', '--resume'])).toBe('nel eval run a.yaml --resume');
});

it('quotes nothing that is plain, and an empty word', () => {
  expect(['a.yaml', '--url=http://x:1/v1', '50%', ''].map(shellQuote)).toEqual(['a.yaml', '--url=http://x:1/v1', '50%', "''"]);
});

it.skipIf(process.platform === 'win32')('gives a shell back every word as it was', () => {
  const word = fc.string({ maxLength: 20 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.constantFrom("it's", '$HOME', '`id`', '~', '*', 'a\nb', '!!')), { maxLength: 6 }), (words) => {
      const { stdout } = spawnSync('/bin/sh', ['-c', `printf '%s\\0' ${words.map(shellQuote).join(' ')} end`], { encoding: 'utf8' });
      expect(stdout.split('\0').slice(0, -2)).toEqual(words);
    }),
    { numRuns: 30 },
  );
});
