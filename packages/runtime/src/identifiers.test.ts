import { expect, test } from 'vitest';
import { newId, newTicket } from './identifiers.js';

test('an id is 26 characters that sort by time', () => {
  const times = [0, 1, 31, 32, 255, 256, 2 ** 32 - 1, 2 ** 32, 1_800_000_000_000, 2 ** 48 - 1];
  const ids = times.map((time) => newId(time));
  expect(ids.toSorted()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
});

test('the time is the number that ULID writes', () => {
  expect(newId(0).slice(0, 10)).toBe('0000000000');
  expect(newId(1_469_918_176_385).slice(0, 10)).toBe('01aryz6s41');
  expect(newId(2 ** 48 - 1).slice(0, 10)).toBe('7zzzzzzzzz');
});

test('ids and tickets do not repeat', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => newId(0))).size).toBe(10_000);
  expect(new Set(Array.from({ length: 10_000 }, newTicket)).size).toBe(10_000);
});
