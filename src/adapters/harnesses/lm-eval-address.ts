/** The address `lm-eval://TASK[?parameter=value&…]`, taken apart together with the benchmark's params. Read by lm-eval.ts. */

import path from 'node:path';
import type { ParameterValues } from '../../core/benchmark.js';
import { NelError } from '../../core/errors.js';
import { LM_EVAL_SCHEME } from '../../core/harness.js';
import { didYouMean } from '../../core/nearest.js';

export interface LmEvalAddress {
  /** As the tool is given it: a name, or the absolute path of a YAML file. */
  readonly task: string;
  readonly isFile: boolean;
  /** The benchmark's name here. */
  readonly name: string;
  /** Folder with further task definitions, absolute; null: none. */
  readonly includePath: string | null;
  /** The metric that becomes the reward; null: see lm-eval-results.ts. */
  readonly metric: string | null;
  readonly filter: string | null;
  readonly numFewshot: number | null;
  /** Of the completions protocol: a model on the Hub, `remote`, or null for none. */
  readonly tokenizer: string | null;
  readonly maxLength: number | null;
  /** For tasks that run code which the model wrote: the tool runs it on this machine, without a sandbox. */
  readonly allowUnsafeCode: boolean;
  readonly trustRemoteCode: boolean;
}

const PARAMETERS = [
  'metric',
  'filter',
  'num_fewshot',
  'include_path',
  'tokenizer',
  'max_length',
  'allow_unsafe_code',
  'trust_remote_code',
  'name',
] as const;
type Parameter = (typeof PARAMETERS)[number];

const TASK = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/**
 * @param params of the config; one that the address has as well is an error
 * @param cwd what relative paths are relative to
 * @throws NelError of kind `config` that says which part is wrong
 */
export function parseLmEvalAddress(ref: string, params: ParameterValues, cwd: string): LmEvalAddress {
  const rest = ref.slice(LM_EVAL_SCHEME.length);
  const mark = rest.indexOf('?');
  const task = mark === -1 ? rest : rest.slice(0, mark);
  const given = parametersOf(mark === -1 ? '' : rest.slice(mark + 1), params);
  const isFile = task.endsWith('.yaml') || task.endsWith('.yml') || task.includes('/');
  if (isFile) checkPath(task);
  else if (!TASK.test(task)) throw wrong(`${JSON.stringify(task.slice(0, 80))} is not the name of a task`);
  const name =
    text(given, 'name') ?? `lm-eval.${isFile ? path.basename(task).replace(/\.ya?ml$/, '') : task}`.replace(/[^A-Za-z0-9_.-]/g, '_');
  if (!NAME.test(name)) throw wrong('name: letters, digits, _, - and . are expected');
  const include = text(given, 'include_path');
  return {
    task: isFile ? path.resolve(cwd, task) : task,
    isFile,
    name,
    includePath: include === null ? null : path.resolve(cwd, include),
    metric: text(given, 'metric'),
    filter: text(given, 'filter'),
    numFewshot: whole(given, 'num_fewshot', 0),
    tokenizer: text(given, 'tokenizer'),
    maxLength: whole(given, 'max_length', 1),
    allowUnsafeCode: flag(given, 'allow_unsafe_code'),
    trustRemoteCode: flag(given, 'trust_remote_code'),
  };
}

type Given = ReadonlyMap<Parameter, string | number | boolean>;

function wrong(problem: string, hint?: string): NelError {
  return new NelError('config', `benchmark address lm-eval://…: ${problem}`, {
    hint: hint ?? 'Written lm-eval://TASK, or lm-eval://./my_task.yaml for a file of your own; `lm_eval ls tasks` lists the tasks.',
  });
}

function parametersOf(query: string, params: ParameterValues): Given {
  const given = new Map<Parameter, string | number | boolean>();
  for (const [key, value] of [...new URLSearchParams(query), ...Object.entries(params)]) {
    const known = PARAMETERS.find((name) => name === key);
    if (known === undefined)
      throw wrong(
        `unknown parameter ${JSON.stringify(key.slice(0, 40))}${didYouMean(key, PARAMETERS)}`,
        `Known: ${PARAMETERS.join(', ')}.`,
      );
    if (given.has(known)) throw wrong(`${known} is given twice`, 'Give it in the address or in params, once.');
    given.set(known, value);
  }
  return given;
}

/** The tool splits the list of tasks at commas and takes paths for patterns. */
function checkPath(task: string): void {
  if (!task.endsWith('.yaml'))
    throw wrong(`${JSON.stringify(task.slice(0, 200))} is no .yaml file`, 'A task of your own is one .yaml file.');
  if (/[,*?[\]]/.test(task))
    throw wrong(`the path ${JSON.stringify(task.slice(0, 200))} has a comma or a wildcard, which lm-eval reads as such`, 'Rename it.');
}

function text(given: Given, key: Parameter): string | null {
  const value = given.get(key);
  if (value === undefined) return null;
  if (String(value).trim() === '') throw wrong(`${key} is empty`);
  return String(value);
}

function whole(given: Given, key: Parameter, least: number): number | null {
  const value = given.get(key);
  if (value === undefined) return null;
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < least)
    throw wrong(`${key}: a whole number from ${least} on is expected`);
  return number;
}

function flag(given: Given, key: Parameter): boolean {
  const value = given.get(key) ?? false;
  if (typeof value === 'boolean') return value;
  if (value !== 'true' && value !== 'false') throw wrong(`${key}: true or false is expected`);
  return value === 'true';
}
