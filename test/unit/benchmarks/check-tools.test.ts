/** The tools of a benchmark file: what is taken, and what is named as wrong. */

import { describe, expect, it } from 'vitest';
import { checkTools } from '../../../src/benchmarks/check-tools.js';

const TOOL = { name: 'look-up_1', description: 'Looks it up.', parameters: { type: 'object' }, run: () => 'x' };

describe('the tools of a benchmark', () => {
  it('may be any number of different ones', () => {
    expect(() => checkTools([TOOL, { ...TOOL, name: 'other' }], 'b')).not.toThrow();
    expect(() => checkTools([], 'b')).not.toThrow();
  });

  it.each<[string, unknown, RegExp]>([
    ['no list', TOOL, /benchmark "b": tools must be a list/],
    ['a text', ['look_up'], /tools\[0\] must be an object/],
    ['a name with a space', [{ ...TOOL, name: 'look up' }], /tools\[0\]\.name .*"look up"/],
    ['no name', [{ run: () => 'x' }], /tools\[0\]\.name .*missing/],
    ['two of one name', [TOOL, { ...TOOL }], /two tools are called look-up_1/],
    ['no function', [{ ...TOOL, run: undefined }], /no function run/],
    ['another word for it', [{ ...TOOL, runs: () => 'x' }], /unknown member "runs" \(did you mean "run"\?\)/],
    ['no description', [{ ...TOOL, description: undefined }], /no description/],
    ['parameters that are no JSON', [{ ...TOOL, parameters: { check: () => true } }], /parameters .*JSON Schema/],
  ])('are refused for %s', (_what, tools, message) => {
    expect(() => checkTools(tools, 'b')).toThrow(message);
  });
});
