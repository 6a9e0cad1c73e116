import { expect, it } from 'vitest';
import { groupCommit } from './group-commit.js';

it('sends the first item at once and gathers what comes while a flush is under way', async () => {
  const batches: number[][] = [];
  const releases: (() => void)[] = [];
  const add = groupCommit<number, number>(async (items) => {
    batches.push([...items]);
    await new Promise<void>((resolve) => releases.push(resolve));
    return items.map((item) => item * 2);
  });
  const results = Promise.all([add(1), add(2), add(3)]);
  expect(batches).toEqual([[1]]);
  releases.shift()?.();
  await Promise.resolve();
  await expect.poll(() => batches).toEqual([[1], [2, 3]]);
  releases.shift()?.();
  expect(await results).toEqual([2, 4, 6]);
});

it('rejects every item of a batch that failed and serves the next ones', async () => {
  let fail = true;
  const add = groupCommit<number, number>((items) =>
    fail ? Promise.reject(new Error('away')) : Promise.resolve([...items]),
  );
  await expect(add(1)).rejects.toThrow('away');
  fail = false;
  expect(await add(2)).toBe(2);
});

it('never puts more than its maximum into one batch', async () => {
  const sizes: number[] = [];
  const add = groupCommit<number, number>(
    (items) => {
      sizes.push(items.length);
      return Promise.resolve([...items]);
    },
    { sizeMax: 2 },
  );
  await Promise.all([add(1), add(2), add(3), add(4), add(5)]);
  expect(Math.max(...sizes)).toBe(2);
});

it('begins a second batch beside the first when enough waits, and never a third', async () => {
  const batches: number[][] = [];
  const releases: (() => void)[] = [];
  const add = groupCommit<number, number>(
    async (items) => {
      batches.push([...items]);
      await new Promise<void>((resolve) => releases.push(resolve));
      return [...items];
    },
    { besideFrom: 2 },
  );
  const results = Promise.all([1, 2, 3, 4, 5].map(add));
  expect(batches).toEqual([[1], [2, 3]]);
  releases.shift()?.();
  await expect.poll(() => batches).toEqual([[1], [2, 3], [4, 5]]);
  for (const release of releases) release();
  expect(await results).toEqual([1, 2, 3, 4, 5]);
});
