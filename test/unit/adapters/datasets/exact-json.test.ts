/** JSON whose whole numbers are never rounded. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../../../src/adapters/datasets/exact-json.js';

describe('parseExactJson', () => {
  it.each([
    ['18446744073709551617', '18446744073709551617'],
    ['-18446744073709551617', '-18446744073709551617'],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['1000000000000000000000', '1000000000000000000000'],
    ['1234567890123456.5', 1234567890123456.5],
    ['1234567890123456e3', 1234567890123456e3],
    ['0.12345678901234567', 0.12345678901234567],
    [
      ' [1,\n12345678901234567890 ,{"12345678901234567890":12345678901234567890}]',
      [1, '12345678901234567890', { '12345678901234567890': '12345678901234567890' }],
    ],
  ])('reads %s', (text, value) => {
    expect(parseExactJson(text)).toEqual(value);
  });

  it.each(['"12345678901234567890"', '"\\"12345678901234567890"', '"a\\\\"', '["\\\\", "\\\\\\"12345678901234567890, 1"]'])(
    'leaves strings alone: %s',
    (text) => {
      const longer = `[${text}, "12345678901234567890"]`;
      expect(parseExactJson(longer)).toEqual(JSON.parse(longer));
    },
  );

  it('is JSON.parse for everything without such a number', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify({ long: '12345678901234567890', value: value ?? null }, (_key, item: unknown) =>
          typeof item === 'number' && Number.isInteger(item) && !Number.isSafeInteger(item) ? null : item,
        );
        expect(parseExactJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('finds such a number wherever it stands', () => {
    for (let before = 0; before < 40; before++) {
      expect(parseExactJson(`${' '.repeat(before)}[9007199254740993]`)).toEqual(['9007199254740993']);
    }
  });

  it('throws on what is no JSON, also with long digits in it', () => {
    expect(() => parseExactJson('{"a":12345678901234567890,}')).toThrow(SyntaxError);
  });
});
