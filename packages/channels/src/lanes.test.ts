import { expect, it } from 'vitest';
import { createLanes } from './lanes.js';

const gate = (): { open: () => void; wait: () => Promise<void>; fail: () => void } => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { open: resolve, wait: () => promise, fail: () => reject(new Error('away')) };
};

it('keeps the order within a key, and lets other keys pass', async () => {
  const lanes = createLanes(10);
  const done: string[] = [];
  const slow = gate();
  const first = lanes.run('a', () => slow.wait().then(() => void done.push('a1')));
  const second = lanes.run('a', async () => void done.push('a2'));
  await lanes.run('b', async () => void done.push('b1'));
  expect(done).toEqual(['b1']);
  slow.open();
  await Promise.all([first, second, lanes.idle()]);
  expect(done).toEqual(['b1', 'a1', 'a2']);
});

it('what waits behind a failure is not tried and fails too; what comes afterwards is tried', async () => {
  const lanes = createLanes(10);
  const done: number[] = [];
  const slow = gate();
  const all = [slow.wait, async () => void done.push(2), async () => void done.push(3)].map((work) =>
    lanes.run('a', work),
  );
  slow.fail();
  const outcomes = await Promise.allSettled(all);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await lanes.run('a', async () => void done.push(1));
  expect(done).toEqual([1]);
});

it('refuses what is too much, of one key or of all, and takes more when there is room again', async () => {
  const lanes = createLanes(3, 2);
  const slow = gate();
  const taken = [lanes.run('a', slow.wait), lanes.run('a', slow.wait)];
  await expect(lanes.run('a', slow.wait)).rejects.toMatchObject({ code: 'system.unavailable' });
  taken.push(lanes.run('b', slow.wait));
  await expect(lanes.run('c', slow.wait)).rejects.toMatchObject({ code: 'system.unavailable' });
  slow.open();
  await Promise.all(taken);
  await lanes.run('c', async () => undefined);
});
