import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createQuota } from './quota.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const kept: number[] = [];
let counted = 0;
const sizes = async function* (): AsyncIterable<number> {
  counted += 1;
  yield* await Promise.resolve([...kept]);
};
beforeEach(() => {
  kept.length = 0;
  counted = 0;
});

it('counts once a minute and in between what it gave away itself', async () => {
  const quota = createQuota(100_000, sizes);
  kept.push(50_000);
  await quota.take('a', 20_000);
  await quota.take('a', 20_000);
  expect(counted).toBe(1);
  vi.advanceTimersByTime(61_000);
  kept.push(20_000, 20_000);
  await quota.take('a', 10_000);
  expect(counted).toBe(2);
  await expect(quota.take('a', 1)).rejects.toMatchObject({ code: 'attachment.quota' });
});

it('looks again before it refuses, but not at every request', async () => {
  const quota = createQuota(100_000, sizes);
  kept.push(99_000);
  await expect(quota.take('a', 5_000)).rejects.toMatchObject({ code: 'attachment.quota' });
  kept.length = 0;
  await expect(quota.take('a', 5_000)).rejects.toMatchObject({ code: 'attachment.quota' });
  expect(counted).toBe(1);
  vi.advanceTimersByTime(6_000);
  await quota.take('a', 5_000);
});

it('bounds the number of files too: a small one counts as 4 KiB', async () => {
  const quota = createQuota(40_960, sizes);
  for (let at = 0; at < 10; at += 1) await quota.take('a', 1);
  await expect(quota.take('a', 1)).rejects.toMatchObject({ code: 'attachment.quota' });
});

it('does not remember a count that failed', async () => {
  let broken = true;
  const quota = createQuota(100_000, async function* () {
    if (broken) throw await Promise.resolve(new Error('no'));
    yield 1;
  });
  await expect(quota.take('a', 1)).rejects.toThrow('no');
  broken = false;
  await quota.take('a', 1);
});
