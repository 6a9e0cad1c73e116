import { expect, test } from 'vitest';
import { editDistance, nearest } from './nearest.js';

test('counts added, removed, replaced and swapped letters', () => {
  expect(editDistance('port', 'port')).toBe(0);
  expect(editDistance('prot', 'port')).toBe(1);
  expect(editDistance('por', 'port')).toBe(1);
  expect(editDistance('', 'port')).toBe(4);
  expect(editDistance('abc', 'xyz')).toBe(3);
});

test('finds what was meant, whatever its case and separators, and nothing for a stranger', () => {
  const known = ['read_timeout', 'write_timeout', 'port'];
  expect(nearest('readTimeout', known)).toBe('read_timeout');
  expect(nearest('read-timout', known)).toBe('read_timeout');
  expect(nearest('ports', known)).toBe('port');
  expect(nearest('colour', known)).toBeUndefined();
  expect(nearest('x', known)).toBeUndefined();
});
