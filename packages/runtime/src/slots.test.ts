import { expect, it } from 'vitest';
import { createSlots } from './slots.js';

const never = new AbortController().signal;

it('does as much at once as there are places, the rest in its order', async () => {
  const slots = createSlots(2);
  const begun: number[] = [];
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const all = gates.map(({ promise }, at) =>
    slots(never, async () => {
      begun.push(at);
      await promise;
    }),
  );
  expect(begun.length).toBeLessThanOrEqual(2);
  gates[1]?.resolve();
  await all[1];
  gates[0]?.reject(new Error('broke off'));
  await expect(all[0]).rejects.toThrow('broke off');
  for (const { resolve } of gates.slice(2)) resolve();
  await Promise.all(all.slice(1));
  expect(begun).toEqual([0, 1, 2, 3]);
});

it('who gives up waiting leaves no hole', async () => {
  const slots = createSlots(1);
  const gate = Promise.withResolvers<void>();
  const first = slots(never, () => gate.promise);
  const tired = new AbortController();
  const second = slots(tired.signal, async () => 'second');
  const third = slots(never, async () => 'third');
  tired.abort();
  await expect(second).rejects.toThrow();
  gate.resolve();
  await first;
  expect(await third).toBe('third');
  expect(await slots(never, async () => 'again')).toBe('again');
});
