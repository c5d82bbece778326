/** Any evaluation program as a benchmark: `harness://NAME`, with a command and the place of its results in the config. */

import type { ParameterValues } from '../../core/benchmark.js';
import { NelError } from '../../core/errors.js';
import { GENERIC_SCHEME, type Harness, type HarnessCommand, type HarnessPlace, type HarnessSpec } from '../../core/harness.js';
import type { JsonObject } from '../../core/json.js';
import { type Env, findProgram } from './environment.js';
import { genericRecords, genericReport } from './generic-results.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
const PLACEHOLDER = /\{(url|model|output_dir|max_problems)\}/g;

export interface GenericOptions {
  readonly ref: string;
  readonly spec: HarnessSpec;
  readonly params: ParameterValues;
  readonly env: Env;
  readonly cwd: string;
}

/** @throws NelError of kind `config` for a bad name, or without a command and the place of its results */
export function openGenericHarness({ ref, spec, params, env, cwd }: GenericOptions): Harness {
  const name = ref.slice(GENERIC_SCHEME.length);
  if (!NAME.test(name))
    throw new NelError(
      'config',
      `benchmark address harness://…: ${JSON.stringify(name.slice(0, 80))} is no name of letters, digits, _, - and .`,
    );
  const { command, results } = spec;
  if (command.length === 0 || results === null) {
    throw new NelError(
      'config',
      `${ref}: ${command.length === 0 ? 'no command is configured' : 'where its results are is not configured'}`,
      {
        hint: 'Give the benchmark a section `harness: {command: […], results: {file: …, format: …, fields: {reward: …}}}` in a config file.',
      },
    );
  }
  if (Object.keys(params).length > 0) {
    throw new NelError('config', `${ref} has no parameters`, { hint: 'Write what the program is to be given into its command.' });
  }
  checkPlaceholders(ref, command);
  return {
    tool: name,
    benchmark: name,
    source: ref,
    definition: { command: [...command], results: results as unknown as JsonObject },
    command: (place) => genericCommand(ref, command, place, { env, cwd }),
    advice: () => null,
    report: (outputDir) => genericReport(outputDir, results, { tool: name, command }),
    records: (outputDir, context) => genericRecords(outputDir, results, context, name),
  };
}

/** `{url}`, `{model}`, `{output_dir}` and `{max_problems}` (empty for all) within arguments; other braces stay as they are. */
export function genericCommand(
  ref: string,
  command: readonly string[],
  { service, maxProblems, outputDir }: HarnessPlace,
  machine: { readonly env: Env; readonly cwd: string },
): HarnessCommand {
  const values = {
    url: service.url,
    model: service.model,
    output_dir: outputDir,
    max_problems: maxProblems === null ? '' : String(maxProblems),
  };
  const filled = command.map((arg) => arg.replace(PLACEHOLDER, (_, name: keyof typeof values) => values[name]));
  const [program = '', ...args] = filled;
  const file = findProgram([program], machine.env, machine.cwd);
  if (file !== undefined) return { file, args, env: {} };
  throw new NelError('config', `${ref}: there is no program ${JSON.stringify(program)}`, {
    hint: 'The first word of harness.command is a name on PATH, or a path relative to the current directory.',
  });
}

/** Without them the program would write where nothing is looked for, or ask a model that the run does not name. */
function checkPlaceholders(ref: string, command: readonly string[]): void {
  const used = (name: string): boolean => command.some((arg) => arg.includes(`{${name}}`));
  if (!used('output_dir')) {
    throw new NelError('config', `${ref}: no argument of its command has {output_dir}`, {
      hint: 'The program has to write its results there: harness.results.file is looked for in that folder.',
    });
  }
  if ((command[0] ?? '').trim() === '') throw new NelError('config', `${ref}: the first word of its command is empty`);
}
