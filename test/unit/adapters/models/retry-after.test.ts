import { expect, test } from 'vitest';
import { retryAfterMs } from '../../../../src/adapters/models/retry-after.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const of = (headers: Record<string, string>) => retryAfterMs({ get: (name) => headers[name] ?? null }, NOW);

test('seconds become milliseconds, fractions too', () => {
  expect(of({ 'retry-after': '7' })).toBe(7000);
  expect(of({ 'retry-after': ' 0.25 ' })).toBe(250);
  expect(of({ 'retry-after': '0' })).toBe(0);
});

test('retry-after-ms goes before retry-after', () => {
  expect(of({ 'retry-after-ms': '150', 'retry-after': '7' })).toBe(150);
});

test('an HTTP date is measured from now, and one that has passed means at once', () => {
  expect(of({ 'retry-after': 'Sun, 01 Mar 2026 12:00:30 GMT' })).toBe(30_000);
  expect(of({ 'retry-after': 'Sun, 01 Mar 2026 11:59:00 GMT' })).toBe(0);
});

test("an HTTP date is measured from the reply's own date when our clock differs from the endpoint's", () => {
  expect(of({ date: 'Sun, 01 Mar 2026 15:00:00 GMT', 'retry-after': 'Sun, 01 Mar 2026 15:00:05 GMT' })).toBe(5000);
});

test('nothing, nonsense and negative numbers ask for nothing', () => {
  expect(of({})).toBeNull();
  expect(of({ 'retry-after': 'soon' })).toBeNull();
  expect(of({ 'retry-after': '' })).toBeNull();
  expect(of({ 'retry-after-ms': 'NaN' })).toBeNull();
  expect(of({ 'retry-after-ms': 'x', 'retry-after': '2' })).toBe(2000);
});
