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
  return `${INTRO}\n${buildProgram()
    .commands.flatMap((command) => sections(command, ['nel']))
    .join('\n')}`;
}

/** A command's section, then those of its subcommands, in the order of --help. */
function sections(command, parents) {
  const names = [...parents, command.name()];
  return [section(command, names), ...command.commands.flatMap((child) => sections(child, names))];
}

function section(command, names) {
  const name = names.join(' ');
  const lines = [`${'#'.repeat(names.length)} ${name}`, '', sentence(command.description()), ''];
  // A group does nothing by itself.
  if (command.commands.length > 0) return lines.join('\n');
  const usage = command.options.length > 0 ? command.usage() : command.usage().replace('[options] ', '').replace('[options]', '');
  lines.push('```text', `${name} ${usage}`.trimEnd(), '```', '');
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
