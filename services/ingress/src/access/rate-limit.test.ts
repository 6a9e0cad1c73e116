import { expect, test } from 'vitest';
import { rateLimit } from './rate-limit.js';

test('lets a minute’s calls through, then says when the next one may come', () => {
  let now = 0;
  const limit = rateLimit(
    () => 60,
    () => now,
  );
  for (let call = 0; call < 60; call += 1) expect(limit.take('ada')).toBe(0);
  expect(limit.take('ada')).toBe(1_000);
  now = 999;
  expect(limit.take('ada')).toBe(1);
  now = 1_000;
  expect(limit.take('ada')).toBe(0);
  expect(limit.take('ada')).toBe(1_000);
});

test('one caller’s flood does not touch another', () => {
  const limit = rateLimit(
    () => 1,
    () => 0,
  );
  expect(limit.take('ada')).toBe(0);
  expect(limit.take('ada')).toBeGreaterThan(0);
  expect(limit.take('bob')).toBe(0);
});
