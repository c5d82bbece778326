/** Reads a gate policy: YAML → zod → GatePolicy, with file, line and column in every error. Resolution by benchmark is core/policy.ts's. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { NelError, type SourcePosition } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import { benchmarksWithoutMetric, type GatePolicy, type PolicyOverrides, type PolicyPosition } from '../core/policy.js';
import { describeType, type JsonSchema } from './json-schema.js';
import { type PolicyFile, policyJsonSchema, policySchema } from './policy-schema.js';
import { Problems } from './problems.js';
import { type ConfigPath, parseYaml, type YamlDocument } from './yaml-document.js';

export { policyJsonSchema } from './policy-schema.js';

export interface LoadPolicyOptions {
  /** What a relative path is relative to; default: the process's directory. */
  readonly cwd?: string;
}

/**
 * Reads and checks a gate policy.
 *
 * @param file path of the YAML file; messages and report name it as it is given here
 * @throws NelError of kind `config`, with file, line and column; several problems come as one list
 */
export function loadGatePolicy(file: string, options: LoadPolicyOptions = {}): GatePolicy {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path.resolve(options.cwd ?? process.cwd(), file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`;
    throw new NelError('config', `gate policy: ${reason}`, { at: { file }, hint: 'Give the path of a YAML policy file.', cause: error });
  }
  return parseGatePolicy(bytes.toString('utf8'), file, createHash('sha256').update(bytes).digest('hex'));
}

/** As loadGatePolicy, on a text. */
export function parseGatePolicy(text: string, file: string, sha256: string): GatePolicy {
  const problems = new Problems();
  const document = parseYaml(text, file, prefixed(problems));
  if (document === undefined) problems.throwIfAny();
  const { data } = document as YamlDocument;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new NelError('config', `gate policy: must be a mapping (key: value), got ${shown(data)}`, { at: { file, line: 1 } });
  }
  const result = policySchema.safeParse(data);
  if (!result.success) for (const issue of result.error.issues) addIssue(issue, document as YamlDocument, prefixed(problems));
  problems.throwIfAny();
  const policy = toPolicy(result.data as PolicyFile, document as YamlDocument, { file, sha256 });
  for (const name of benchmarksWithoutMetric(policy)) {
    problems.add({
      kind: 'config',
      message: `gate policy: benchmarks.${name}: required benchmark must resolve to an explicit metric`,
      at: (document as YamlDocument).keyPositionOf(['benchmarks', name]),
      hint: 'Add metric (mean_reward, pass@1, …) to the benchmark or to defaults.',
    });
  }
  problems.throwIfAny();
  return policy;
}

/** Every message says what file it is about, whatever the file is called. */
function prefixed(problems: Problems): Problems {
  const into = new Problems();
  into.add = (problem) => problems.add({ ...problem, message: `gate policy: ${problem.message}` });
  return into;
}

function toPolicy(parsed: PolicyFile, document: YamlDocument, { file, sha256 }: { file: string; sha256: string }): GatePolicy {
  const { version: _, defaults = {}, benchmarks = {}, ...evidence } = parsed;
  const entries = Object.entries(benchmarks).map(([name, entry]): [string, PolicyOverrides] => [name, entry ?? {}]);
  const positions: Record<string, PolicyPosition> = {};
  const remember = (steps: readonly string[], position: SourcePosition): void => {
    positions[steps.join('.')] = { line: position.line ?? 1, column: position.column ?? 1 };
  };
  for (const key of Object.keys(defaults)) remember(['defaults', key], document.positionOf(['defaults', key]));
  for (const [name, entry] of entries) {
    remember(['benchmarks', name], document.keyPositionOf(['benchmarks', name]));
    for (const key of Object.keys(entry)) remember(['benchmarks', name, key], document.positionOf(['benchmarks', name, key]));
  }
  return { version: 1, ...evidence, defaults, benchmarks: Object.fromEntries(entries), source: { path: file, sha256, positions } };
}

function addIssue(issue: z.core.$ZodIssue, document: YamlDocument, problems: Problems): void {
  const name = issue.path.length === 0 ? 'the policy' : issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(schemaAt(issue.path)?.properties ?? {});
    for (const key of issue.keys) {
      problems.add({
        kind: 'config',
        message: `unknown field "${key}" in ${name}${didYouMean(key, known)}`,
        at: document.keyPositionOf([...issue.path, key]),
        hint: `Known here: ${known.join(', ')}.`,
      });
    }
    return;
  }
  const value = issue.path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | null | undefined)?.[step], document.data);
  const schema = schemaAt(issue.path);
  const near = typeof value === 'string' && schema?.enum ? didYouMean(value, schema.enum.map(String)) : '';
  problems.add({
    kind: 'config',
    message: `${name} must be ${schema ? describeType(schema) : 'something else'}, got ${shown(value)}${near}`,
    at: document.positionOf(issue.path),
  });
}

function schemaAt(steps: ConfigPath): JsonSchema | undefined {
  let schema: JsonSchema | undefined = policyJsonSchema();
  for (const step of steps) {
    const own: JsonSchema | undefined = schema?.properties?.[String(step)];
    const rest: boolean | JsonSchema | undefined = schema?.additionalProperties;
    const next: JsonSchema | undefined = own ?? (typeof rest === 'object' ? rest : undefined);
    // benchmarks.<name> may also be null: the mapping is what the fields stand in.
    schema = next?.anyOf?.find(({ type }) => type === 'object') ?? next;
  }
  return schema;
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
