import { expect, test } from 'vitest';
import { shutdownTimes } from './shutdown-times.js';

test.each([1_000, 3_000, 20_000, 600_000])('everything is over within %d ms, one after the other', (timeoutMs) => {
  const { graceMs, endMs, killMs } = shutdownTimes(timeoutMs);
  expect(graceMs).toBeGreaterThan(timeoutMs / 2);
  expect([graceMs, endMs, killMs, timeoutMs]).toEqual([graceMs, endMs, killMs, timeoutMs].toSorted((a, b) => a - b));
  expect(new Set([graceMs, endMs, killMs, timeoutMs]).size).toBe(4);
});
