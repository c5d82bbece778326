/** The config's JSON Schema, made from zod: what editors check a file with, and where messages and reference read ranges and known keys. */

import { z } from 'zod';
import { evalConfigSchema } from './schema.js';

/** The part of JSON Schema that our zod schemas come out as. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
}

let made: JsonSchema | undefined;

/** JSON Schema (draft 2020-12) of a config file, as a person writes it: before defaults and variables. */
export function evalConfigJsonSchema(): JsonSchema {
  made ??= {
    ...(z.toJSONSchema(evalConfigSchema, { io: 'input' }) as JsonSchema),
    title: 'nel evaluation config',
    description: 'What `nel eval run FILE` evaluates: services, benchmarks, output.',
  };
  return made;
}

/** The schema of the value at `path`, or undefined where a file may have anything or nothing. */
export function schemaAt(path: readonly PropertyKey[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = evalConfigJsonSchema();
  for (const key of path) {
    if (schema === undefined) return undefined;
    const forms: readonly JsonSchema[] = formsOf(schema);
    const names = forms.flatMap((form) => formName(form) ?? []);
    if (key === 'type' && names.length > 1 && names.length === forms.length) return { enum: names };
    if (forms.length > 0) schema = forms.find(({ properties = {} }) => Object.hasOwn(properties, String(key))) ?? (forms[0] as JsonSchema);
    const properties: Readonly<Record<string, JsonSchema>> = schema.properties ?? {};
    const rest: boolean | JsonSchema | undefined = schema.additionalProperties;
    if (typeof key === 'number') schema = schema.items;
    else if (Object.hasOwn(properties, String(key))) schema = properties[String(key)];
    else schema = typeof rest === 'object' ? rest : undefined;
  }
  return schema;
}

/** The mappings that a value may be one of; none where it is one thing. */
export function formsOf({ anyOf, oneOf }: JsonSchema): readonly JsonSchema[] {
  return (oneOf ?? anyOf ?? []).filter(({ properties }) => properties !== undefined);
}

/** What tells a form from the others: its `type`. */
export function formName({ properties }: JsonSchema): string | null {
  const type = properties?.['type']?.const;
  return typeof type === 'string' ? type : null;
}

function range(schema: JsonSchema): string {
  // Integers come with the bounds of what a double holds exactly, which tell nobody anything.
  const low = (schema.minimum ?? 0) <= Number.MIN_SAFE_INTEGER ? undefined : schema.minimum;
  const high = (schema.maximum ?? 0) >= Number.MAX_SAFE_INTEGER ? undefined : schema.maximum;
  if (schema.exclusiveMinimum !== undefined) return ` above ${schema.exclusiveMinimum}${high === undefined ? '' : `, at most ${high}`}`;
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  if (low !== undefined) return ` of at least ${low}`;
  return high === undefined ? '' : ` of at most ${high}`;
}

/** What a value has to be, in words that follow "must be": `an integer from 1 to 100`. */
export function describeType(schema: JsonSchema): string {
  if (Array.isArray(schema.type)) return schema.type.map((type: string) => describeType({ ...schema, type })).join(' or ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(describeType))].join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  switch (schema.type) {
    case 'integer':
      return `an integer${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'string':
      return 'text';
    case 'array':
      if (schema.prefixItems) return `a list of ${schema.prefixItems.length}`;
      return schema.items?.type === 'string' ? 'a list of texts' : 'a list';
    case 'object':
      return 'a mapping (key: value)';
    case 'null':
      return 'null';
    case 'boolean':
      return 'true or false';
    default:
      return 'something else';
  }
}
