/**
 * The form of a config file, as zod: what load.ts checks a file against and what docs/reference/config.md and
 * schemas/eval-config.schema.json are generated from. Every field is optional here or checked later, because a flag or the
 * environment may give it; a default is written down as documentation and filled in by resolve.ts, which so can tell
 * what a file said from what it left out.
 */

import { z } from 'zod';
import { isJson } from '../core/json.js';
import { SANDBOX_TYPES } from '../core/sandbox.js';
import { clusterSchema, servedFields } from './cluster-schema.js';
import { DEFAULTS } from './defaults.js';
import { field } from './field.js';
import { API_KEY_PATTERN } from './secret-names.js';

/** Members of a request that nel writes itself: given in `extra_body` they would silently win over what the run says it does. */
const OWN_BODY_MEMBERS: Readonly<Record<string, string>> = {
  model: 'it is services.<name>.model',
  messages: 'the benchmark makes it',
  prompt: 'the benchmark makes it',
  stream: 'answers are read whole',
  stream_options: 'answers are read whole',
  n: 'of several answers to a call only one would be scored; use repeats',
  temperature: 'give it beside extra_body',
  top_p: 'give it beside extra_body',
  max_tokens: 'give it beside extra_body',
  stop: 'give it beside extra_body',
  seed: 'give it beside extra_body, so that repeats differ',
  presence_penalty: 'give it beside extra_body',
  frequency_penalty: 'give it beside extra_body',
};

const extraBody = z.record(z.string(), z.unknown()).superRefine((body, context) => {
  for (const key of Object.keys(body)) {
    const own = Object.hasOwn(OWN_BODY_MEMBERS, key) ? OWN_BODY_MEMBERS[key] : undefined;
    if (own !== undefined) context.addIssue({ code: 'custom', path: [key], message: `may not be set: ${own}` });
    else if (/api[_-]?key|authorization|passw|secret/i.test(key)) {
      context.addIssue({ code: 'custom', path: [key], message: 'looks like a credential, and request bodies are recorded; use api_key' });
    } else if (!isJson(body[key])) context.addIssue({ code: 'custom', path: [key], message: 'is not a JSON value' });
  }
});

export const generationSchema = z.strictObject({
  temperature: field(
    z.number().min(0).max(2),
    'Randomness of sampling. Not sent unless given, so that the endpoint or the benchmark decides: some reasoning models refuse or lose by 0. Write 0 for scores that repeat as closely as the endpoint allows.',
  ),
  top_p: field(z.number().min(0).max(1), 'Share of the probability mass that is sampled from. Not sent unless given.'),
  max_tokens: field(
    z.int().min(1),
    'Most tokens of an answer. Too small a number cuts answers off (`finish_reason: length`) and scores them 0; reasoning counts too. Not sent unless given.',
  ),
  stop: field(
    z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    'Text that ends an answer, or a list of such texts; many endpoints take at most 4. Not sent unless given.',
  ),
  seed: field(
    z.int(),
    'Seed of the sampling: repeat r of a problem is sent `seed + r`. Not every endpoint honours it. Not sent unless given.',
  ),
  presence_penalty: field(z.number().min(-2).max(2), 'Lowers the odds of tokens that have appeared. Not sent unless given.'),
  frequency_penalty: field(z.number().min(-2).max(2), 'Lowers the odds of tokens by how often they have appeared. Not sent unless given.'),
  extra_body: field(
    extraBody,
    'Members put into the request body as they are, such as `top_k` or `chat_template_kwargs`. What nel writes itself (`model`, `messages`, `n`, `seed`, …) may not be in it.',
  ),
});

export const serviceSchema = z.strictObject({
  type: field(
    z.enum(['api', 'vllm', 'command']),
    'Kind of service. `api` is an endpoint that is already running. `vllm` and `command` are served by each job of a cluster for itself, and have no url.',
    'api',
  ),
  url: field(
    z.string().min(1),
    'Address of the endpoint, with or without `/chat/completions` or `/completions` at its end. `/v1` is not added: write it if the endpoint has it. No credentials and no query. `${VAR}` is expanded. Left out: `--model-url` or NEMO_MODEL_URL.',
  ),
  protocol: field(
    z.enum(['chat_completions', 'completions']),
    'How prompts are sent: as chat messages, or as one text. Left out: what the url ends in, else the default. A protocol that contradicts the url is an error.',
    DEFAULTS.protocol,
  ),
  model: field(
    z.string().min(1),
    'Name of the model, as the endpoint knows it. `${VAR}` is expanded. Left out: `--model-id` or NEMO_MODEL_ID.',
  ),
  api_key: field(
    z.string().regex(API_KEY_PATTERN),
    'Name of the environment variable with the API key, written `${NAME}`; `${NAME:-}` if the key may be missing. A key itself is refused. Left out: no key is sent to a url of this file.',
  ),
  generation: field(generationSchema, 'Sampling settings of every benchmark that asks this service.'),
  concurrency: field(
    z.int().min(1).max(10_000),
    'Most calls in flight at once. The run goes below it by itself when the endpoint answers 429. Benchmarks that ask the same endpoint share it.',
    DEFAULTS.concurrency,
  ),
  request_timeout: field(
    z.number().gt(0).max(86_400),
    'Seconds until an attempt is given up and retried. Long reasoning needs more; a call that hangs holds its slot that long.',
    DEFAULTS.request_timeout,
  ),
  max_retries: field(
    z.int().min(0).max(100),
    'Attempts beyond the first before a sample is an error. Waiting out a 429 does not count.',
    DEFAULTS.max_retries,
  ),
  ...servedFields,
});

export const solverSchema = z.strictObject({
  type: field(
    z.enum(['simple', 'vlm', 'tool_calling', 'oracle', 'replay']),
    'How a problem becomes an answer. `simple`: one model call. `vlm`: the same for prompts with images (chat only). `tool_calling`: a loop over the tools that the benchmark declares. `oracle`: the target itself, a self-test that has to score 1.0. `replay`: recorded answers from `file`.',
    'simple',
  ),
  service: field(z.string().min(1), 'Name of the service to ask. May be left out when there is only one; `oracle` and `replay` ask none.'),
  max_turns: field(
    z.int().min(1).max(1000),
    'Most model calls a sample, for `tool_calling`. The last one is made without tools, so that an answer comes.',
    DEFAULTS.max_turns,
  ),
  file: field(
    z.string().min(1),
    'Recorded answers, for `replay`: JSON Lines with `response`, and `problem_idx` (and `repeat`) or `prompt`; a trajectories.jsonl is one. Relative to the current directory. `${VAR}` is expanded.',
  ),
  key: field(
    z.enum(['auto', 'problem_idx', 'prompt']),
    "What a recorded answer is found by, for `replay`; `auto`: by `problem_idx` where the file's first line has one, else by prompt.",
    'auto',
  ),
});

const judgeMetricSchema = z.strictObject({
  type: z.literal('judge').meta({ description: 'A model grades the answer.' }),
  name: field(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/), 'Name of the score.', 'judge'),
  service: z.string().min(1).meta({ description: 'Name of the service that judges.' }),
  rubric: field(
    z.string().min(1),
    "What is graded and how, in words. Left out: the benchmark's own scorer asks this judge (simpleqa), and no further score is made.",
  ),
  scale: field(z.tuple([z.number(), z.number()]), 'Lowest and highest grade; scores are reported from 0 (lowest) to 1 (highest).', [1, 10]),
  repeats: field(
    z.int().min(1).max(100),
    'Questions a sample; the score is their mean. More than one are asked at the temperature of the endpoint unless the service gives one; a single one at 0.',
    1,
  ),
  mode: field(
    z.enum(['grade', 'pairwise']),
    '`pairwise` compares the answer with the expected one, asked both ways round: 1 better, 0 worse, 0.5 equal or where the two ways do not agree.',
    'grade',
  ),
  allow_same_model: field(z.boolean(), 'Let a model judge its own answers; refused otherwise, by the name of the model.', false),
});

const scorerMetricSchema = z.looseObject({
  type: z
    .string()
    // Ends this form at once, so that what is wrong with a judge is said of a judge.
    .regex(/^(?!judge$)[a-z][a-z0-9_]*$/, { abort: true })
    .meta({ description: 'A scorer by name: `exact_match`, `token_f1`, `regex`, …; its options stand beside it.' }),
  name: field(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/), 'Name of the score. Left out: the type.'),
});

export const metricSchema = z.union([judgeMetricSchema, scorerMetricSchema]);

const sandboxLimit = (description: string) => field(z.number().gt(0).max(1e9), description);

export const sandboxSchema = z.strictObject({
  type: field(
    z.enum(SANDBOX_TYPES),
    'Where code that a model wrote runs. `process` has limits only and must be asked for by name. Left out: the strongest that the machine has of bubblewrap and docker.',
  ),
  image: field(z.string().min(1), 'Image of the `docker` sandbox.'),
  limits: field(
    z.strictObject({
      wall_seconds: sandboxLimit('Seconds a program may take.'),
      cpu_seconds: sandboxLimit('Seconds of CPU.'),
      memory_mb: sandboxLimit('Address space of a process, MiB.'),
      processes: sandboxLimit('Processes and threads at once.'),
      file_mb: sandboxLimit('Largest file, MiB.'),
      output_bytes: sandboxLimit('Bytes kept of each output.'),
    }),
    "Limits of a program, in place of the scorer's.",
  ),
});

const fieldPath = (description: string) => field(z.string().min(1), description);

export const harnessSchema = z.strictObject({
  command: field(
    z.array(z.string()).min(1),
    'The program and its arguments, one string each; no shell reads them. `{url}`, `{model}`, `{output_dir}` and `{max_problems}` are filled in; the results have to be written below `{output_dir}`. For `harness://` only.',
  ),
  env: field(
    z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)),
    'Names of environment variables that the program gets besides paths, languages, proxies and the settings of Python and Hugging Face. The API key of the service is in `OPENAI_API_KEY`.',
  ),
  results: field(
    z.strictObject({
      file: z
        .string()
        .min(1)
        .meta({ description: 'Path of the result file below `{output_dir}`; `*` stands for anything but a slash. One file has to match.' }),
      format: z.enum(['json', 'jsonl', 'csv']).meta({ description: 'What the file is.' }),
      rows: fieldPath('Of a JSON file: dotted path of the list of rows. Left out: the file is the list.'),
      fields: z
        .strictObject({
          reward: z.string().min(1).meta({ description: 'A number, higher is better; true and false are 1 and 0.' }),
          problem_idx: fieldPath("A whole number from 0. Left out: the row's place in the file."),
          prompt: fieldPath('What the model was asked.'),
          response: fieldPath('What the model answered.'),
          extracted: fieldPath('What was taken from the answer.'),
          expected: fieldPath('The right answer.'),
          category: fieldPath('Name that the score is also reported under.'),
        })
        .meta({ description: 'Dotted paths of the fields in a row.' }),
      metrics: field(
        z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/), z.string().min(1)),
        'Further numbers of a row by the name of the score that they make: their dotted paths.',
      ),
    }),
    'Where the results are and what their fields are called. For `harness://` only.',
  ),
});

export const benchmarkSchema = z.strictObject({
  name: z.string().min(1).meta({
    description:
      "A built-in benchmark (`nel list benchmarks`), the path of your own (`./my_benchmark.ts`), looked for beside this file first and then in the current directory, a data set with images (`vlmevalkit://NAME`, `vlmevalkit://./my.tsv?type=MCQ`), a server's (`gym://HOST:PORT`), or another program's: `lm-eval://TASK`, `harness://NAME`. `${VAR}` is expanded.",
  }),
  repeats: field(
    z.int().min(1).max(10_000),
    'Answers taken to each problem; pass@k needs at least k. Calls and cost grow with it.',
    DEFAULTS.repeats,
  ),
  max_problems: field(
    z.int().min(1).nullable(),
    'Only the first N problems, which are no random sample: data sets are often ordered by subject. `null`: all of them.',
    null,
  ),
  system_prompt: field(
    z.string().nullable(),
    "System prompt in place of the benchmark's own; taken as written, `${VAR}` is not expanded. `null`: the benchmark's own.",
    null,
  ),
  solver: field(solverSchema, 'How problems are solved, and by which service.'),
  generation: field(generationSchema, "Sampling settings for this benchmark; each one given here wins over the service's."),
  params: field(
    z.record(z.string(), z.union([z.int(), z.boolean(), z.string()])),
    "The benchmark's own parameters, such as `shots`: `nel list benchmarks --verbose` shows them.",
  ),
  metrics: field(z.array(metricSchema), 'Scores beside the reward: scorers by name, or a judge.'),
  sandbox: field(sandboxSchema, 'Where code that a model wrote is run, for benchmarks that run it.'),
  harness: field(harnessSchema, 'The other program of a `harness://` or `lm-eval://` benchmark.'),
});

export const outputSchema = z.strictObject({
  dir: field(
    z.string().min(1),
    'Folder for results, relative to the current directory (not to this file), or `s3://bucket/prefix`. `${VAR}` and a leading `~/` are expanded.',
    DEFAULTS.output_dir,
  ),
});

const serviceName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/);

export const evalConfigSchema = z.strictObject({
  services: field(
    z.record(serviceName, serviceSchema),
    'The model endpoints, by a name of your choice. Left out: one service named `model`, from flags or the environment.',
  ),
  benchmarks: field(
    z.array(benchmarkSchema).min(1),
    'What to run; all of it runs at once, under one limit an endpoint. Left out: `--bench`.',
  ),
  output: field(outputSchema, 'Where results go.'),
  cluster: field(clusterSchema, 'Where shards run. Left out: here.'),
  max_error_rate: field(
    z.number().min(0).max(1),
    'Largest share of samples that may end as errors (calls that failed for good): 0.01 is 1%. Above it the run fails with exit code 4 and writes no bundle.',
    DEFAULTS.max_error_rate,
  ),
});

/** A config file as written: checked, nothing filled in. */
export type EvalConfig = z.output<typeof evalConfigSchema>;
export type ServiceConfig = z.output<typeof serviceSchema>;
export type BenchmarkConfig = z.output<typeof benchmarkSchema>;
export type GenerationConfig = z.output<typeof generationSchema>;
export type MetricConfig = z.output<typeof metricSchema>;
