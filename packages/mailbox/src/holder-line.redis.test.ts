import { connectRedis } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HolderLine, openHolderLine } from './holder-line.js';
import { openShards } from './shards.js';

const connections: Redis[] = [];
const lines: HolderLine[] = [];
const space = { namespace: uniqueNamespace(), shards: 2 };
const ending = new AbortController();
const never = new AbortController().signal;
let holder: HolderLine;
let other: HolderLine;
let third: HolderLine;

const line = async (): Promise<HolderLine> => {
  const url = await sharedRedis();
  const redis = connectRedis(url, 'command', () => undefined);
  connections.push(redis);
  const opened = openHolderLine(openShards(space, redis), () => connectRedis(url, 'subscriber', () => undefined));
  lines.push(opened);
  return opened;
};
/** Asks until somebody holds it. */
const askAgain = (by: HolderLine, name: string, question: unknown): Promise<unknown> => {
  let answer: unknown;
  return eventually(async () => {
    answer = await by.ask(name, question, never);
    expect(answer).toBeDefined();
  }).then(() => answer);
};

beforeAll(async () => {
  [holder, other, third] = await Promise.all([line(), line(), line()]);
});
afterAll(() => {
  ending.abort();
  for (const one of lines) one.close();
  for (const redis of connections) redis.disconnect();
});

it('brings a question to who holds it, and the answer to who asked', async () => {
  const asked: unknown[] = [];
  const serving = new AbortController();
  const served = holder.serve(
    'pigeon/main',
    async (question) => {
      asked.push(question);
      return { told: question };
    },
    serving.signal,
  );
  expect(await askAgain(other, 'pigeon/main', 'first')).toEqual({ told: 'first' });
  const all = ['a', 'b', 'c'].map((text, at) => (at % 2 ? other : third).ask('pigeon/main', text, never));
  expect(await Promise.all(all)).toEqual([{ told: 'a' }, { told: 'b' }, { told: 'c' }]);
  expect(asked).toHaveLength(4);
  expect(await other.ask('pigeon/other', 'x', never)).toBeUndefined();
  serving.abort();
  await served;
  expect(await other.ask('pigeon/main', 'x', never)).toBeUndefined();
});

it('gives up with its signal when the holder does not answer', async () => {
  const stuck = Promise.withResolvers<undefined>();
  const serving = new AbortController();
  let heard = 0;
  const served = holder.serve(
    'slow/main',
    async () => {
      heard += 1;
      return stuck.promise;
    },
    serving.signal,
  );
  const giving = new AbortController();
  await eventually(async () => {
    void other.ask('slow/main', 'x', giving.signal).catch(() => undefined);
    await Promise.resolve();
    expect(heard).toBeGreaterThan(0);
  });
  const waiting = other.ask('slow/main', 'y', giving.signal);
  giving.abort(new Error('too late'));
  await expect(waiting).rejects.toThrow('too late');
  await expect(other.ask('slow/main', 'z', giving.signal)).rejects.toThrow('too late');
  stuck.resolve(undefined);
  serving.abort();
  await served;
});

it('takes no question that is too long, and is not ended by nonsense', async () => {
  const serving = new AbortController();
  const served = holder.serve('pigeon/odd', async (question) => question, serving.signal);
  await askAgain(other, 'pigeon/odd', 'there?');
  await expect(other.ask('pigeon/odd', 'x'.repeat(300_000), never)).rejects.toThrow('too long');
  const [redis] = connections;
  for (const text of ['', 'x', '{}', '{"id":"1"}'])
    await redis?.publish(`{${space.namespace}0}:holder:pigeon/odd:line`, text);
  expect(await other.ask('pigeon/odd', 'still there?', never)).toBe('still there?');
  serving.abort();
  await served;
});
