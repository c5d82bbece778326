/** Reads and checks a config file: YAML → zod → ParsedConfig, which still knows where each value was written. resolve.ts takes it from here. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { NelError, type SourcePosition } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import { describeType, formName, formsOf, type JsonSchema, schemaAt } from './json-schema.js';
import { Problems } from './problems.js';
import { type EvalConfig, evalConfigSchema } from './schema.js';
import { looksLikeSecret } from './secret-names.js';
import { type ConfigPath, formatPath, parseYaml, type YamlDocument } from './yaml-document.js';

export interface ParsedConfig {
  /** The file as the user named it: what messages show. */
  readonly name: string;
  /** The file's absolute path. */
  readonly path: string;
  readonly config: EvalConfig;
  /** Where the value at `path` is written; for a value that is not there, its nearest parent. */
  positionOf(path: ConfigPath): SourcePosition;
}

/**
 * Reads a config file. Nothing is filled in or expanded.
 *
 * @throws NelError of kind config with file, line and column; several problems come as one list
 */
export function loadEvalConfig(file: string): ParsedConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a folder, not a config file' : `cannot be read (${code})`;
    throw new NelError('config', reason, { at: { file }, hint: 'Give the path of a YAML config file.', cause: error });
  }
  return parseEvalConfig(text, file);
}

/** As loadEvalConfig, on a text; `file` is what messages name and what benchmark paths are relative to. */
export function parseEvalConfig(text: string, file: string): ParsedConfig {
  const problems = new Problems();
  const document = parseYaml(text, file, problems);
  if (document === undefined) problems.throwIfAny();
  const { data, positionOf } = document as YamlDocument;
  if (data === null || data === undefined) {
    throw new NelError('config', 'the file is empty', { at: { file }, hint: 'A config names services and benchmarks.' });
  }
  const result = evalConfigSchema.safeParse(data);
  if (!result.success) for (const issue of result.error.issues) addIssue(issue, document as YamlDocument, problems);
  problems.throwIfAny();
  return { name: file, path: path.resolve(file), config: result.data as EvalConfig, positionOf };
}

/** A value as messages show it: its kind, or itself when it is short and no secret. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number') return String(value);
  const text = String(value);
  if (looksLikeSecret(text)) return 'a text that looks like a credential';
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}

function valueAt(data: unknown, steps: ConfigPath): unknown {
  return steps.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step], data);
}

function addIssue(issue: z.core.$ZodIssue, document: YamlDocument, problems: Problems): void {
  const at = document.positionOf(issue.path);
  const name = formatPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const message = `unknown key ${shown(key)} in ${name}${knownKeys(key, formAt(issue.path, valueAt(document.data, issue.path)))}`;
      problems.add({ kind: 'config', message, at: document.keyPositionOf([...issue.path, key]) });
    }
    return;
  }
  if (issue.path[0] === 'services' && issue.path[2] === 'api_key') {
    // Whatever is written here may be a key: it is never repeated.
    problems.add({
      kind: 'config',
      at,
      message: `${name} must be written \${NAME}, with the name of an environment variable`,
      hint: API_KEY_HINT,
    });
    return;
  }
  if (issue.code === 'custom') {
    problems.add({ kind: 'config', message: `${name} ${issue.message}`, at: document.keyPositionOf(issue.path) });
    return;
  }
  if (issue.code === 'invalid_key') {
    const message = `${name}: a service's name is made of letters, digits, "_", "-" and "." and starts with a letter or digit`;
    problems.add({ kind: 'config', message, at: document.keyPositionOf(issue.path) });
    return;
  }
  if (issue.code === 'invalid_union') {
    // Of several forms, the one whose `type` fits is what was meant.
    const meant = issue.errors.find((errors) => errors.every(({ path: at }) => at[0] !== 'type'));
    if (meant !== undefined && meant.length > 0) {
      for (const inner of meant) addIssue({ ...inner, path: [...issue.path, ...inner.path] }, document, problems);
      return;
    }
  }
  const value = valueAt(document.data, issue.path);
  // Where a pattern says in words what it asks for, that is the message: "must be text" helps nobody.
  const isWorded = issue.code === 'invalid_format' && issue.message.startsWith('must ') && value !== '';
  problems.add({
    kind: 'config',
    at,
    ...(isWorded ? { message: `${name} ${issue.message}, got ${shown(value)}` } : wrongValue(issue.path, value)),
  });
}

const API_KEY_HINT =
  'A key itself does not belong in a file: export NAME=… in your shell and write api_key: ${NAME}; leave api_key out where no key is needed.';

function wrongValue(steps: ConfigPath, value: unknown): { message: string; hint?: string } {
  const name = formatPath(steps);
  const schema = schemaAt(steps);
  if (value === undefined) return { message: `${name} is missing` };
  if (value === '') return { message: `${name} is empty` };
  if (Array.isArray(value) && value.length === 0 && steps.length > 0) return { message: `${name} is an empty list` };
  const near = typeof value === 'string' && schema?.enum ? didYouMean(value, schema.enum.map(String)) : '';
  const message = `${name} must be ${schema ? describeType(schema) : 'something else'}, got ${shown(value)}${near}`;
  if (steps[0] === 'benchmarks' && steps.length === 2 && typeof value === 'string')
    return { message, hint: `Write "- name: ${looksLikeSecret(value) ? 'NAME' : value}".` };
  if (schema?.type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return { message, hint: 'Put it in quotes.' };
  return { message };
}

/** Words that other tools use for a key of ours and that are too far from it to be found by their letters. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  base_url: 'url',
  endpoint: 'url',
  model_id: 'model',
  model_name: 'model',
  api_key_env: 'api_key',
  api_key_name: 'api_key',
  max_concurrent: 'concurrency',
  max_concurrency: 'concurrency',
  parallelism: 'concurrency',
  timeout: 'request_timeout',
  retries: 'max_retries',
  limit: 'max_problems',
  limit_samples: 'max_problems',
  n_samples: 'repeats',
  num_repeats: 'repeats',
  n_repeats: 'repeats',
  max_new_tokens: 'max_tokens',
  output_dir: 'dir',
  tasks: 'benchmarks',
};

/** The schema of a mapping; of several forms the one that its `type` names. */
function formAt(steps: ConfigPath, value: unknown): JsonSchema | undefined {
  const schema = schemaAt(steps);
  const type = valueAt(value, ['type']);
  return schema === undefined ? undefined : (formsOf(schema).find((form) => formName(form) === type) ?? schema);
}

function knownKeys(key: string, schema: JsonSchema | undefined): string {
  const properties = schema?.properties ?? {};
  const known = Object.keys(properties);
  const candidates = [
    ...known,
    ...known.flatMap((name) => Object.keys(properties[name]?.properties ?? {}).map((child) => `${name}.${child}`)),
  ];
  const word = Object.hasOwn(OTHER_WORDS, key) ? (OTHER_WORDS[key] as string) : key;
  const exact = candidates.find((candidate) => candidate === word || candidate.endsWith(`.${word}`));
  if (exact !== undefined) return ` (did you mean "${exact}"?)`;
  return didYouMean(key, known) || `; known here: ${known.join(', ')}`;
}
