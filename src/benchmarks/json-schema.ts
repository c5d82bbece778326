/** jsonSchema: the JSON schema scorer of core with Ajv as its validator. */

import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Row, Scorer } from '../core/benchmark.js';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { jsonSchemaMatch, type Schema } from '../core/scoring/json-schema.js';

export interface JsonSchemaOptions {
  /** The schema, the same for all rows or each row's own (a row's field may hold it as text). */
  readonly schema: Schema | ((row: Row) => Schema);
}

/** Options of both: every keyword as the standard says, formats as the annotations that they are, no log. */
const OPTIONS = { strict: false, validateFormats: false, allErrors: false, logger: false } as const;
const DRAFT_7 = /draft-0[67]/;

/**
 * Reward 1 where the answer's JSON satisfies the schema. Drafts 6 and 7 where `$schema` says so, else 2020-12. A `$ref` to an address is
 * not fetched; `format` is not checked.
 * @throws NelError of kind `config` for a schema that is none; for a row's own schema while it is scored, of kind `data`
 */
export function jsonSchema({ schema }: JsonSchemaOptions): Scorer {
  return jsonSchemaMatch({ schema, compile: (own) => compile(own, typeof schema === 'function' ? 'data' : 'config') });
}

function compile(schema: Schema, kind: 'config' | 'data'): (value: unknown) => readonly string[] {
  try {
    // One instance for each: two schemas may carry the same $id.
    const draft7 = isJsonObject(schema) && DRAFT_7.test(String(schema['$schema']));
    const check = (draft7 ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS)).compile(schema as Record<string, unknown> | boolean);
    return (value) => (check(value) ? [] : (check.errors ?? []).map(errorText));
  } catch (error) {
    throw new NelError(kind, `jsonSchema: the schema does not compile: ${errorMessage(error)}`, { cause: error });
  }
}

function errorText({ instancePath, message, params }: ErrorObject): string {
  const name: unknown = params['additionalProperty'];
  return `${instancePath === '' ? 'the value' : instancePath} ${message ?? 'is not valid'}${typeof name === 'string' ? `: ${JSON.stringify(name)}` : ''}`;
}
