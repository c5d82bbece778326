import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../../src/config/defaults.js';
import { evalConfigJsonSchema, type JsonSchema, schemaAt } from '../../../src/config/json-schema.js';
import { loadEvalConfig } from '../../../src/config/load.js';
import { configReference } from '../../../src/config/reference.js';
import { resolveRunSpec } from '../../../src/config/resolve.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Paths of all fields below a schema that has a description or lacks one. */
function fields(schema: JsonSchema, at: string): { at: string; described: boolean }[] {
  const inner = [schema.items, typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
      { at: `${at}.${key}`, described: (value.description ?? '').length > 10 },
      ...fields(value, `${at}.${key}`),
    ]),
    ...inner.flatMap((value) => (value ? fields(value, `${at}[]`) : [])),
  ];
}

describe('the config schema', () => {
  it('describes every field', () => {
    const all = fields(evalConfigJsonSchema(), '');
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter(({ described }) => !described)).toEqual([]);
  });

  it('documents the defaults that are used', () => {
    expect(schemaAt(['services', 'x', 'concurrency'])?.default).toBe(DEFAULTS.concurrency);
    expect(schemaAt(['benchmarks', 0, 'repeats'])?.default).toBe(DEFAULTS.repeats);
    expect(schemaAt(['nothing'])).toBeUndefined();
  });

  it('is the one that is shipped', () => {
    const shipped: unknown = JSON.parse(readFileSync(path.join(ROOT, 'schemas/eval-config.schema.json'), 'utf8'));
    expect(shipped).toEqual(evalConfigJsonSchema());
  });

  it('allows no unknown key in any mapping of its own', () => {
    expect(evalConfigJsonSchema().additionalProperties).toBe(false);
    expect(schemaAt(['services', 'x', 'generation'])?.additionalProperties).toBe(false);
  });
});

describe('the config reference', () => {
  it('has a row for a field with its range, default and meaning', () => {
    expect(configReference()).toContain(
      '| `max_retries` | an integer from 0 to 100 | `8` | Attempts beyond the first before a sample is an error. Waiting out a 429 does not count. |',
    );
  });

  it('is the page in docs/reference', () => {
    expect(readFileSync(path.join(ROOT, 'docs/reference/config.md'), 'utf8')).toBe(configReference());
  });
});

describe('the example configs', () => {
  const folder = path.join(ROOT, 'examples/configs');
  it.each(readdirSync(folder).filter((file) => file.endsWith('.yaml')))('%s resolves without a note', (name) => {
    const { spec, notes } = resolveRunSpec({
      file: loadEvalConfig(path.join(folder, name)),
      flags: {},
      env: { MODEL: 'org/m' },
      cwd: ROOT,
    });
    expect(spec.benchmarks.length).toBeGreaterThan(0);
    expect(notes).toEqual([]);
  });
});
