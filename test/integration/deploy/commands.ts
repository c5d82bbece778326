/** Whether `nel` has the commands and flags that a deployment file uses, by the command line's own definition. */

import type { Command, Option } from 'commander';
import { buildProgram } from '../../../src/cli/program.js';

/** What is wrong with the words behind `nel`, or null. Values of flags are taken as they are. */
export function faultOf(words: readonly string[]): string | null {
  let command: Command = buildProgram();
  let at = 0;
  for (; at < words.length; at += 1) {
    const next = command.commands.find((one) => one.name() === words[at]);
    if (next === undefined) break;
    command = next;
  }
  if (command.commands.length > 0) return `nel ${words.slice(0, at + 1).join(' ')}: there is no such command`;
  return faultOfArguments(command, words.slice(at));
}

function faultOfArguments(command: Command, words: readonly string[]): string | null {
  let positional = 0;
  const given = new Set<Option>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    if (!word.startsWith('-')) {
      positional += 1;
      continue;
    }
    const option = command.options.find(({ short, long }) => word === short || word === long);
    if (option === undefined) return `${command.name()}: there is no flag ${word}`;
    given.add(option);
    if (option.required) at += 1;
  }
  const missing = command.options.find((option) => option.mandatory && !given.has(option));
  if (missing !== undefined) return `${command.name()}: ${missing.flags} is missing`;
  return positional > command.registeredArguments.length ? `${command.name()}: too many arguments` : null;
}
