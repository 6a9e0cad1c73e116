import { expect, test } from 'vitest';
import { createLive } from './live.js';

test('a new value comes into force when everybody is ready, and for everybody', async () => {
  const live = createLive(1);
  const seen: string[] = [];
  live.onChange(async (next) => {
    seen.push(`ready for ${next}, still ${live.current()}`);
    return () => void seen.push(`now ${live.current()}`);
  });
  await live.replace(2);
  expect(seen).toEqual(['ready for 2, still 1', 'now 2']);
});

test('one refusal keeps the old value for everybody, and the next one is not spoilt by it', async () => {
  const live = createLive(1);
  let put = 0;
  live.onChange(() => () => void (put += 1));
  live.onChange((next) => {
    if (next === 2) throw new Error('not this one');
    return () => undefined;
  });
  await expect(live.replace(2)).rejects.toThrow('not this one');
  expect([live.current(), put]).toEqual([1, 0]);
  await live.replace(3);
  expect([live.current(), put]).toEqual([3, 1]);
});

test('replacements come one after the other, however long one takes', async () => {
  const live = createLive(0);
  const gate = Promise.withResolvers<void>();
  const order: number[] = [];
  live.onChange(async (next) => {
    if (next === 1) await gate.promise;
    return () => void order.push(next);
  });
  const both = [live.replace(1), live.replace(2)];
  gate.resolve();
  await Promise.all(both);
  expect([order, live.current()]).toEqual([[1, 2], 2]);
});
