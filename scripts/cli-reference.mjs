// docs/reference/cli.md from the command line itself (dist/cli/program.js), so that a flag cannot be there and not in the reference.

import { buildProgram } from '../dist/cli/program.js';

const INTRO = `# Command reference

<!-- Generated from src/cli/ by \`node scripts/docs.mjs\`; edit there. -->

From a checkout, \`nel\` is \`npx nel\` or \`node dist/cli/main.js\`. The result goes to stdout, progress and errors to stderr.
Exit codes: 0 done or GO, 1 NO-GO (or BLOCK under \`compare --strict\`), 2 INCONCLUSIVE, 3 usage, config or data error, 4 the run
failed or was cancelled, 130 interrupted.
`;

/** The whole page as Markdown, ending in a line break. */
export function cliReference() {
  return `${INTRO}\n${leaves(buildProgram()).map(section).join('\n')}`;
}

/** Commands that do something, in the order of --help, each with its full name. */
function leaves(command, parents = []) {
  const names = [...parents, command.name()];
  if (command.commands.length === 0) return [{ command, name: names.join(' ') }];
  return command.commands.flatMap((child) => leaves(child, names));
}

function section({ command, name }) {
  const lines = [`## ${name}`, '', sentence(command.description()), '', '```text', `${name} ${command.usage()}`, '```', ''];
  const args = command.registeredArguments.map((argument) => [`\`${argument.name()}\``, argument.description]);
  // The names of commander's own help show what is optional; a command without descriptions needs no table.
  if (args.some(([, description]) => description !== '')) lines.push(...table('Argument', args));
  const options = command.options.filter(({ hidden }) => !hidden);
  if (options.length > 0) lines.push(...table('Flag', options.map(option)));
  const more = afterHelp(command);
  if (more !== '') lines.push('```text', more, '```', '');
  return lines.join('\n');
}

function option({ flags, description, defaultValue, argChoices, mandatory, negate }) {
  const notes = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(defaultValue === undefined || typeof defaultValue === 'boolean' || negate ? [] : [`default: ${defaultValue}`]),
  ];
  return [`\`${flags}\``, notes.length === 0 ? description : `${description} (${notes.join('; ')})`];
}

function table(title, rows) {
  const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [`| ${title} | Meaning |`, '|---|---|', ...rows.map(([name, meaning]) => `| ${cell(name)} | ${cell(meaning)} |`), ''];
}

/** What addHelpText('after', …) appends to a command's help. */
function afterHelp(command) {
  let text = '';
  command.emit('afterHelp', { error: false, command, write: (more) => (text += more) });
  return text.trim();
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
