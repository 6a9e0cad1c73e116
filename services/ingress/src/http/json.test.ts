import { expect, test } from 'vitest';
import { isTooDeep, parseJsonBytes, parseJsonText } from './json.js';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

test('takes JSON up to 64 deep', () => {
  expect(() => parseJsonText(nested(64))).not.toThrow();
  expect(() => parseJsonText(nested(65))).toThrow('deeper');
  expect(() => parseJsonText('{"a":'.repeat(65) + '1' + '}'.repeat(65))).toThrow('deeper');
});

test('brackets in strings do not count', () => {
  expect(isTooDeep(JSON.stringify({ text: `${'['.repeat(1_000)}"\\"${'{'.repeat(1_000)}` }))).toBe(false);
  expect(isTooDeep(JSON.stringify(['\\', ...Array.from({ length: 200 }, () => [])]))).toBe(false);
});

test('refuses what is not JSON, and bytes that are not UTF-8', () => {
  for (const text of ['', '{', 'undefined', '{"a":1,}', '\u0000']) expect(() => parseJsonText(text)).toThrow('JSON');
  expect(() => parseJsonBytes(Buffer.from([0x22, 0xff, 0xfe, 0x22]))).toThrow('UTF-8');
  expect(() => parseJsonBytes(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toThrow('UTF-8');
});

test('keeps __proto__ away from prototypes', () => {
  const parsed = parseJsonText('{"__proto__":{"admin":true}}');
  expect((parsed as { admin?: unknown }).admin).toBeUndefined();
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
});
