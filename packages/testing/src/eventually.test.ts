import { expect, test } from 'vitest';
import { eventually } from './index.js';

test('returns what the check gives once it holds', async () => {
  let tries = 0;
  const value = await eventually(() => {
    tries += 1;
    expect(tries).toBeGreaterThan(2);
    return tries;
  });
  expect(value).toBe(3);
});

test('throws the last error at the time-out', async () => {
  const never = eventually(() => expect('cat').toBe('dog'), { timeoutMs: 60 });
  await expect(never).rejects.toThrow("expected 'cat' to be 'dog'");
});

test('does not wait for a check that never ends', async () => {
  await expect(eventually(() => new Promise(() => undefined), { timeoutMs: 60 })).rejects.toThrow('never ended');
});
