/** The JSON schema scorer: does the answer hold JSON, and is it of the asked form? The validator is handed in, core has no packages. */

import type { Row, Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { canonicalJson, type JsonObject } from '../json.js';
import { judged, nothingExtracted } from './failure.js';
import { findJson } from './find-json.js';

/** A JSON Schema: an object, or true and false for everything and nothing. */
export type Schema = JsonObject | boolean;

export interface JsonSchemaMatchOptions {
  /** The schema, the same for all rows or each row's own. */
  readonly schema: Schema | ((row: Row) => Schema);
  /** Makes a check of a schema: what is wrong with a value, an empty list when nothing is. Throws on a schema that is none. */
  readonly compile: (schema: Schema) => (value: unknown) => readonly string[];
}

/** Errors and characters of an error that are kept: the text quotes the model. */
const KEPT_ERRORS = 5;
const KEPT_LENGTH = 200;

/**
 * The first JSON value counts (see findJson), reward 1 where it satisfies the schema. The target is not compared; it is an example of a
 * right answer, for self-tests. `details.errors` say what is wrong.
 */
export function jsonSchemaMatch({ schema, compile }: JsonSchemaMatchOptions): Scorer {
  const fixed = typeof schema === 'function' ? undefined : compile(schema);
  const checks = new Map<string, (value: unknown) => readonly string[]>();
  const checkOf = (row: Row): ((value: unknown) => readonly string[]) => {
    if (typeof schema !== 'function') return fixed as (value: unknown) => readonly string[];
    const own = schema(row);
    const key = canonicalJson(own);
    const check = checks.get(key) ?? compile(own);
    checks.set(key, check);
    return check;
  };
  return {
    name: 'json_schema',
    score({ response, row }: ScorerInput): ScorerResult {
      const check = checkOf(row);
      const value = findJson(response);
      if (value === undefined) return nothingExtracted(response);
      const errors = check(value);
      const extracted = canonicalJson(value);
      if (errors.length === 0) return { reward: 1, extracted };
      const details = { errors: errors.slice(0, KEPT_ERRORS).map((error) => error.slice(0, KEPT_LENGTH)) };
      return judged(response, { reward: 0, extracted, details });
    },
    // The definition hash is made over it: another schema is another rule.
    settings: { schema: typeof schema === 'function' ? schema.toString() : schema },
  };
}
