import { keys } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { latelyForgotten } from './lately-forgotten.js';

let redis: Redis;
let tag: string;

beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
});
afterAll(() => redis.disconnect());
beforeEach(() => {
  tag = `{${uniqueNamespace()}0}`;
});

const day = 86_400_000;
const forget = (conversation: string, turn: number, id = '*'): Promise<unknown> =>
  redis.xadd(keys.forgotten(tag), id, 'a', `acme/${conversation}`, 't', turn);
const task = (
  conversation: string,
  call: string,
  deadlineAt = Date.now(),
): Parameters<ReturnType<typeof latelyForgotten>>[0] => ({ tenant: 'acme', conversation, call, deadlineAt });

it('knows the tasks of what was forgotten, before it began and since, from those of what began anew', async () => {
  await forget('old', 3);
  const isForgotten = latelyForgotten(redis, tag);
  expect(await isForgotten(task('old', '3.1.1'))).toBe(true);
  expect(await isForgotten(task('old', '4.1.1'))).toBe(false);
  expect(await isForgotten(task('other', '1.1.1'))).toBe(false);
  await forget('other', 1);
  expect(await isForgotten(task('other', '1.1.1'))).toBe(true);
  await forget('old', 12);
  expect(await isForgotten(task('old', '10.2.1'))).toBe(true);
});

it('does not hold against a conversation what bore its name a day ago, when turns have begun anew', async () => {
  await forget('name', 50, `${Date.now() - 2 * day}-0`);
  expect(await latelyForgotten(redis, tag)(task('name', '1.1.1', Date.now() + 60_000))).toBe(false);
});

it('reads over many pages', async () => {
  const line = redis.pipeline();
  for (let at = 0; at < 2_500; at += 1) line.xadd(keys.forgotten(tag), '*', 'a', `acme/c${at}`, 't', 1);
  await line.exec();
  const isForgotten = latelyForgotten(redis, tag);
  expect(await Promise.all(['c0', 'c999', 'c1000', 'c2499'].map((name) => isForgotten(task(name, '1.1.1'))))).toEqual([
    ...[true, true, true, true],
  ]);
});
