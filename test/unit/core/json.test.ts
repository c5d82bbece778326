/** Canonical JSON: what hashes are taken over must not depend on how an object was built. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, isJsonObject, jsonDifferences } from '../../../src/core/json.js';

describe('canonicalJson', () => {
  it('sorts keys by code unit at every depth and writes no white space', () => {
    expect(canonicalJson({ b: [{ z: 1, a: 'x' }], B: null, a: true })).toBe('{"B":null,"a":true,"b":[{"a":"x","z":1}]}');
    expect(canonicalJson({ '\u{1F600}': 1, '\uFB33': 2 })).toBe('{"\u{1F600}":1,"\uFB33":2}');
  });

  it('leaves undefined members out and writes an undefined item as null', () => {
    expect(canonicalJson({ a: undefined, b: [undefined, 1] })).toBe('{"b":[null,1]}');
  });

  it('writes minus zero as zero', () => {
    expect(canonicalJson([-0, 0])).toBe('[0,0]');
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [undefined], [10n], [() => 1]])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
    expect(() => canonicalJson({ deep: { in: value === undefined ? [() => 1] : value } })).toThrow(TypeError);
  });

  it('does not depend on the order in which members were added, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const reversed = (v: unknown): unknown =>
          Array.isArray(v)
            ? v.map(reversed)
            : isJsonObject(v)
              ? Object.fromEntries(
                  Object.entries(v)
                    .reverse()
                    .map(([k, x]) => [k, reversed(x)]),
                )
              : v;
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

it('knows an object from an array and null', () => {
  expect([{}, [], null, 'x', undefined].map(isJsonObject)).toEqual([true, false, false, false, false]);
});

describe('jsonDifferences', () => {
  it('names each leaf that differs by its path, in key order, with undefined where a side lacks it', () => {
    const before = { model: 'a', generation: { top_p: 1, stop: ['x', 'y'] }, same: [1, { deep: true }] };
    const after = { model: 'b', generation: { stop: ['x', 'z', 'w'], seed: 1 }, same: [1, { deep: true }] };
    expect(jsonDifferences(before, after)).toEqual([
      { path: 'generation.seed', before: undefined, after: 1 },
      { path: 'generation.stop[1]', before: 'y', after: 'z' },
      { path: 'generation.stop[2]', before: undefined, after: 'w' },
      { path: 'generation.top_p', before: 1, after: undefined },
      { path: 'model', before: 'a', after: 'b' },
    ]);
  });

  it('reports a changed type whole', () => {
    expect(jsonDifferences({ a: [1] }, { a: { b: 1 } })).toEqual([{ path: 'a', before: [1], after: { b: 1 } }]);
    expect(jsonDifferences(null, 0)).toEqual([{ path: '', before: null, after: 0 }]);
  });

  it('finds a difference exactly where the canonical texts differ', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), fc.jsonValue({ maxDepth: 2 }), (a, b) => {
        expect(jsonDifferences(a, b).length === 0).toBe(canonicalJson(a) === canonicalJson(b));
        expect(jsonDifferences(a, a)).toEqual([]);
      }),
    );
  });
});
