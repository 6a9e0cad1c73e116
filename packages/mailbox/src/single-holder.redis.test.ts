import { connectRedis } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { keys } from '@queueclaw/contracts';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openShards, type Shards } from './shards.js';
import { holdAlone, readHolders, type SingleHolder } from './single-holder.js';

let redis: Redis;
let shards: Shards;
let key: string;
const space = { namespace: uniqueNamespace(), shards: 2 };

beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
  shards = openShards(space, redis);
  key = keys.holder(shards.all[0]?.tag ?? '', 'pigeon/main');
});
afterAll(() => redis.disconnect());

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

/** A contender, and how often it worked and stopped. */
const contend = (token: string): { holder: SingleHolder; log: string[] } => {
  const log: string[] = [];
  const holder = holdAlone(
    {
      shards,
      name: 'pigeon/main',
      token,
      who: `process ${token}`,
      everyMs: 20,
      onError: (error) => log.push(String(error)),
    },
    async (signal) => {
      log.push('begins');
      await untilAborted(signal);
      log.push('ends');
    },
  );
  return { holder, log };
};

it('lets one of many work, and another one at once when it stops', async () => {
  const all = ['a', 'b', 'c'].map(contend);
  await eventually(() => expect(all.filter(({ holder }) => holder.holds)).toHaveLength(1));
  const first = all.find(({ holder }) => holder.holds);
  expect(await redis.hget(key, 'who')).toMatch(/^process /);
  await first?.holder.stop();
  expect(first?.log).toEqual(['begins', 'ends']);
  await eventually(() => expect(all.filter(({ holder }) => holder.holds)).toHaveLength(1));
  await Promise.all(all.map(({ holder }) => holder.stop()));
  expect(await redis.exists(key)).toBe(0);
});

it('ends the work as soon as the lease is another one’s', async () => {
  const { holder, log } = contend('frozen');
  await eventually(() => expect(holder.holds).toBe(true));
  await redis.hset(key, 'token', 'somebody else');
  await eventually(() => expect(log).toEqual(['begins', 'ends']));
  expect(holder.holds).toBe(false);
  await holder.stop();
  expect(await redis.hget(key, 'token')).toBe('somebody else');
  await redis.del(key);
});

it('takes over from a holder that fell silent', async () => {
  await redis.hset(key, 'token', 'dead', 'who', 'a killed process');
  await redis.pexpire(key, 50);
  const { holder } = contend('heir');
  await eventually(() => expect(holder.holds).toBe(true));
  await holder.stop();
});

it('begins work that failed again', async () => {
  let tries = 0;
  const errors: unknown[] = [];
  const holder = holdAlone(
    { shards, name: 'pigeon/main', token: 't', who: 'w', everyMs: 5, onError: (error) => errors.push(error) },
    async () => {
      tries += 1;
      throw new Error('no line');
    },
  );
  await eventually(() => expect(tries).toBeGreaterThan(2));
  await holder.stop();
  expect(String(errors[0])).toContain('no line');
});

it('tells who holds what, since when, and what is wrong there', async () => {
  let trouble: string | undefined = 'no line';
  const lease = { shards, name: 'pigeon/main', token: 't', who: 'host/1', trouble: () => trouble, everyMs: 5 };
  const holder = holdAlone({ ...lease, onError: () => undefined }, untilAborted);
  const read = (): ReturnType<typeof readHolders> => readHolders(shards, ['pigeon/other', 'pigeon/main']);
  await eventually(async () => expect((await read())[1]).toMatchObject({ who: 'host/1', trouble: 'no line' }));
  const [nobody, first] = await read();
  expect(nobody).toBeUndefined();
  expect(Math.abs(Date.now() - (first?.since ?? 0))).toBeLessThan(60_000);
  trouble = undefined;
  await eventually(async () => expect((await read())[1]).toEqual({ who: 'host/1', since: first?.since }));
  await holder.stop();
  expect(await read()).toEqual([undefined, undefined]);
});
