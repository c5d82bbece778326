/**
 * EleutherAI's lm-evaluation-harness as a benchmark: `lm-eval://TASK`. Its command line and files are those of version 0.4.13
 * (https://github.com/EleutherAI/lm-evaluation-harness, docs/interface.md and docs/API_guide.md).
 */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ParameterValues } from '../../core/benchmark.js';
import { NelError } from '../../core/errors.js';
import type { Harness, HarnessCommand, HarnessPlace } from '../../core/harness.js';
import type { JsonObject } from '../../core/json.js';
import type { GenerationSettings, Protocol } from '../../core/model.js';
import { type Env, findProgram } from './environment.js';
import { type LmEvalAddress, parseLmEvalAddress } from './lm-eval-address.js';
import { lmEvalRecords, lmEvalReport } from './lm-eval-results.js';

const PROGRAM_VARIABLE = 'NEL_LM_EVAL';
const MODELS: Readonly<Record<Protocol, string>> = { chat_completions: 'local-chat-completions', completions: 'local-completions' };
const PATHS: Readonly<Record<Protocol, string>> = { chat_completions: 'chat/completions', completions: 'completions' };
/** Task definitions that are hashed; a folder with more is not one of tasks. */
const MOST_FILES = 5_000;

export interface LmEvalOptions {
  readonly ref: string;
  readonly params: ParameterValues;
  readonly env: Env;
  readonly cwd: string;
}

/** @throws NelError of kind `config` for a bad address, or a task file or folder that does not exist */
export function openLmEval({ ref, params, env, cwd }: LmEvalOptions): Harness {
  const address = parseLmEvalAddress(ref, params, cwd);
  const choice = { metric: address.metric, filter: address.filter };
  return {
    tool: 'lm-eval',
    benchmark: address.name,
    source: `lm-eval://${address.isFile ? path.basename(address.task) : address.task}`,
    definition: definitionOf(address),
    command: (place) => lmEvalCommand(address, place, findLmEval(env, cwd)),
    advice: adviceOn,
    report: (outputDir) => lmEvalReport(outputDir, choice),
    records: (outputDir, context) => lmEvalRecords(outputDir, choice, context),
  };
}

/** The tool's program. @throws NelError of kind `config` that says how to install it */
export function findLmEval(env: Env, cwd: string): string {
  const named = env[PROGRAM_VARIABLE];
  const found = findProgram(named ? [path.resolve(cwd, named)] : ['lm_eval', 'lm-eval'], env, cwd);
  if (found !== undefined) return found;
  throw new NelError(
    'config',
    named ? `${PROGRAM_VARIABLE} names ${named}, which is no program` : 'lm-eval is not installed: no lm_eval on PATH',
    {
      hint: `pip install "lm-eval[api]" (in an environment of its own if you like), and put lm_eval on PATH or its path into ${PROGRAM_VARIABLE}.`,
    },
  );
}

/** The tool's own words for what a config can mend, and how. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /Loglikelihood is not supported for chat completions|Loglikelihood \(and therefore/,
    'This task compares log-probabilities, which chat endpoints do not give: use a service with protocol: completions, and params: {tokenizer: …}.',
  ],
  [
    /Tokenizer is required for loglikelihood/,
    "This task compares log-probabilities: name the model's tokenizer with params: {tokenizer: org/model}, or tokenizer: remote where the server has one.",
  ],
  [/Tasks not found/, '`lm_eval ls tasks` lists the tasks; those of your own are found with params: {include_path: FOLDER}.'],
  [
    /confirm_run_unsafe_code|unsafe code/i,
    'This task runs code that the model wrote, on this machine and without a sandbox: params: {allow_unsafe_code: true} lets it. The built-in humaneval has a sandbox.',
  ],
  [/trust_remote_code/, "This task's data set comes with code of its own: params: {trust_remote_code: true} lets it run."],
];

function adviceOn(said: string): string | null {
  return ADVICE.find(([pattern]) => pattern.test(said))?.[1] ?? null;
}

/** The argument vector. Settings travel as JSON, which the tool reads as such, so that no value can be taken for another argument. */
export function lmEvalCommand(address: LmEvalAddress, place: HarnessPlace, file: string): HarnessCommand {
  const { service, generation, systemPrompt, maxProblems, outputDir, cacheDir } = place;
  const { protocol } = service;
  const sampling = samplingOf(generation);
  const args = [
    '--model',
    MODELS[protocol],
    '--model_args',
    JSON.stringify(modelArguments(address, place)),
    '--tasks',
    address.task,
    '--output_path',
    outputDir,
    '--log_samples',
    ...(protocol === 'chat_completions' ? ['--apply_chat_template'] : []),
    ...(maxProblems === null ? [] : ['--limit', String(maxProblems)]),
    ...(address.numFewshot === null ? [] : ['--num_fewshot', String(address.numFewshot)]),
    ...(Object.keys(sampling).length === 0 ? [] : ['--gen_kwargs', JSON.stringify(sampling)]),
    ...(address.includePath === null ? [] : ['--include_path', address.includePath]),
    ...(cacheDir === undefined ? [] : ['--use_cache', path.join(cacheDir, 'answers')]),
    ...(address.trustRemoteCode ? ['--trust_remote_code'] : []),
    ...(address.allowUnsafeCode ? ['--confirm_run_unsafe_code'] : []),
    // In one piece: a text may begin with a dash.
    ...(systemPrompt === null ? [] : [`--system_instruction=${systemPrompt}`]),
  ];
  return { file, args, env: address.allowUnsafeCode ? { HF_ALLOW_CODE_EVAL: '1' } : {} };
}

function modelArguments(address: LmEvalAddress, { service, generation }: HarnessPlace): JsonObject {
  const { protocol, url, model, concurrency, max_retries, request_timeout } = service;
  return {
    model,
    base_url: `${url.replace(/\/+$/, '')}/${PATHS[protocol]}`,
    num_concurrent: concurrency,
    // The tool counts all attempts, we those beyond the first.
    max_retries: max_retries + 1,
    timeout: Math.ceil(request_timeout),
    ...(generation.seed === undefined ? {} : { seed: generation.seed }),
    ...(address.maxLength === null ? {} : { max_length: address.maxLength }),
    ...(protocol === 'completions' ? tokenizerArguments(address.tokenizer) : {}),
  };
}

/** Without one, prompts are sent as texts and tasks that compare log-probabilities end with an error that names this parameter. */
function tokenizerArguments(tokenizer: string | null): JsonObject {
  if (tokenizer === null) return { tokenizer_backend: 'none', tokenized_requests: false };
  if (tokenizer === 'remote') return { tokenizer_backend: 'remote' };
  return { tokenizer_backend: 'huggingface', tokenizer, tokenized_requests: false };
}

/** Our names for sampling settings in the tool's words; what else a request is to hold is passed on as it is. */
function samplingOf({
  temperature,
  top_p,
  max_tokens,
  stop,
  presence_penalty,
  frequency_penalty,
  extra_body,
}: GenerationSettings): JsonObject {
  const settings = { temperature, top_p, max_gen_toks: max_tokens, until: stop, presence_penalty, frequency_penalty, ...extra_body };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as JsonObject;
}

/** Of tasks of one's own the text counts, of the tool's its version, which is known only after the run. */
function definitionOf(address: LmEvalAddress): JsonObject {
  const { metric, filter, numFewshot, tokenizer, maxLength } = address;
  const files = [
    ...(address.isFile ? [address.task, ...beside(address.task)] : []),
    ...(address.includePath === null ? [] : definitionsBelow(address.includePath)),
  ];
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${path.basename(file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return {
    task: address.isFile ? path.basename(address.task) : address.task,
    files: files.length === 0 ? null : `sha256:${hash.digest('hex')}`,
    metric,
    filter,
    num_fewshot: numFewshot,
    tokenizer,
    max_length: maxLength,
  };
}

/** Functions that a task file may call stand in Python files beside it. */
function beside(task: string): string[] {
  const folder = path.dirname(task);
  if (!existsSync(task))
    throw new NelError('config', `no such task file: ${task}`, { hint: 'Relative paths are relative to the current directory.' });
  const names = readdirSync(folder).filter((name) => name.endsWith('.py'));
  return names.sort().map((name) => path.join(folder, name));
}

function definitionsBelow(folder: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    throw new NelError('config', `no such folder of task files: ${folder}`, { hint: 'include_path is relative to the current directory.' });
  }
  const files = entries.filter((name) => /\.(ya?ml|py)$/.test(name)).sort();
  if (files.length === 0) throw new NelError('config', `${folder} holds no task file (.yaml)`);
  if (files.length > MOST_FILES)
    throw new NelError('config', `${folder} holds ${files.length} task files`, { hint: 'Name the folder of this task alone.' });
  return files.map((name) => path.join(folder, name));
}
