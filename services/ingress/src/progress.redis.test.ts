import type { Channel, Connection } from '@queueclaw/channels';
import { type ActorAddress, AppError, keys, type Reply } from '@queueclaw/contracts';
import { claimOutbox, type DeliveryLease, openShards, outboxItem, type Shard } from '@queueclaw/mailbox';
import { connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { toChannels } from './to-channels.js';

const a: ActorAddress = { tenant: 'default', conversation: 'c1' };
const never = new AbortController().signal;
let redis: Redis;
let shard: Shard;
beforeAll(async () => void (redis = connectRedis(await sharedRedis(), 'command', () => undefined)));
afterAll(() => redis.disconnect());
beforeEach(async () => {
  shard = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis).of(a);
  seen = [];
  mishap = undefined;
});

const state = (): string => keys.state(shard.tag, 'replies', a);
const put = async (id: string, text = 'one two three'): Promise<void> => {
  const reply: Reply = {
    ...{ v: 1, id, turn: 2, text, answers: [id], status: 'answered', route: { channel: 'pigeon' }, at: 1 },
  };
  await redis.rpush(keys.mailbox(shard.tag, 'replies', a), outboxItem(reply));
};
const claimed = async (): Promise<DeliveryLease> => {
  const lease = await claimOutbox(shard, a);
  return typeof lease === 'string' ? Promise.reject(new Error(lease)) : lease;
};
/** As when the process that held the outbox is gone. */
const died = (): Promise<unknown> => redis.hset(state(), 'lease', '1');

let seen: { readonly text: string; readonly key: string }[] = [];
/** What happens when this text is sent, after the platform has it. */
let mishap: ((text: string) => Promise<void> | void) | undefined;
const connection: Connection = {
  send: async ({ text }, _to, key) => {
    seen.push({ text, key });
    await mishap?.(text);
  },
  stop: async () => undefined,
};
/** Sends each word as a part of its own. */
const send = (lease: DeliveryLease, rendered?: (text: string) => readonly string[]): Promise<void> => {
  const render = ({ text }: Reply): { text: string }[] =>
    (rendered ?? ((all) => all.split(' ')))(text).map((part) => ({ text: part }));
  const channel = { capabilities: { buttons: false } } as unknown as Channel;
  const account = { channel, code: { parse: () => [], render }, connection, deafen: async () => undefined };
  if (lease.reply === undefined) throw new Error('no reply');
  return toChannels({ find: () => account })(a, lease.reply, `key/${lease.reply.id}`, never, lease.progress);
};
const texts = (): string[] => seen.map(({ text }) => text);

it('goes on at the part that failed', async () => {
  await put('r1');
  mishap = (text) => (text === 'two' ? Promise.reject(new AppError('channel.failed')) : undefined);
  const first = await claimed();
  await expect(send(first)).rejects.toMatchObject({ code: 'channel.failed' });
  await first.postpone(0);
  mishap = undefined;
  await send(await claimed());
  expect(texts()).toEqual(['one', 'two', 'two', 'three']);
});

it('sends one part again, under the same key, when the process dies before it could say that the platform has it', async () => {
  await put('r1');
  mishap = async (text) => {
    if (text !== 'two') return;
    await died();
    await claimed();
    await died();
  };
  await expect(send(await claimed())).rejects.toMatchObject({ code: 'channel.failed' });
  expect(texts()).toEqual(['one', 'two']);
  mishap = undefined;
  await send(await claimed());
  expect(texts()).toEqual(['one', 'two', 'two', 'three']);
  // What a platform with keys shows:
  expect([...new Map(seen.map(({ text, key }) => [key, text])).values()]).toEqual(['one', 'two', 'three']);
});

it('sends nothing twice when the process dies after that', async () => {
  await put('r1');
  const lease = await claimed();
  await lease.progress.record(0);
  await lease.progress.record(1);
  await died();
  await send(await claimed());
  expect(texts()).toEqual(['three']);
});

it('is told by nobody who has lost the outbox, and then sends no more', async () => {
  await put('r1');
  const frozen = await claimed();
  await died();
  const alive = await claimed();
  await expect(frozen.progress.record(1)).rejects.toMatchObject({ code: 'channel.failed' });
  await alive.postpone(0);
  await expect(alive.progress.record(1)).rejects.toMatchObject({ code: 'channel.failed' });
  expect((await claimed()).progress.sent).toBe(0);
});

it('changes nothing when a part is told of after its reply is done with', async () => {
  await put('r1');
  const lease = await claimed();
  await lease.done('failed');
  await expect(lease.progress.record(1)).rejects.toMatchObject({ code: 'channel.failed' });
  expect(await lease.postpone(60_000)).toBe(false);
  await put('r2');
  expect((await claimed()).reply?.id).toBe('r2');
});

it('keeps the outbox for another while with each part that the platform takes', async () => {
  await put('r1');
  const lease = await claimed();
  await redis.hset(state(), 'lease', '2');
  await lease.progress.record(0);
  expect(await claimOutbox(shard, a)).toBe('busy');
});

it('begins the next reply, and the same one that an operator sends again, at its first part', async () => {
  await put('r1');
  await put('r2');
  const first = await claimed();
  await first.progress.record(0);
  expect(await first.done('failed')).toBe(1);
  const second = await claimed();
  expect(second.progress.sent).toBe(0);
  await second.progress.record(1);
  await second.done();
  await put('r1');
  expect((await claimed()).progress.sent).toBe(0);
  // What a process of an older version left behind says nothing of another reply.
  await redis.hset(state(), { lease: '1', sent: '2\nr9' });
  expect((await claimed()).progress.sent).toBe(0);
});

it('is done when a newer version makes fewer parts than the platform has', async () => {
  await put('r1');
  const lease = await claimed();
  await lease.progress.record(1);
  await died();
  await send(await claimed(), (text) => [text]);
  expect(seen).toEqual([]);
});

it('costs a reply of one part nothing', async () => {
  await put('r1', 'short');
  const lease = await claimed();
  await send(lease);
  expect(await redis.hexists(state(), 'sent')).toBe(0);
  expect(await lease.done()).toBe(0);
});

it('shows the draft of its turn or an earlier one, and takes it away with its reply', async () => {
  for (const id of ['r1', 'r2', 'r3']) await put(id);
  const draftOf = (turn: number): string => JSON.stringify({ turn, id: '77', to: 'said "turn":9', by: 'b' });
  for (const turn of [2, 1]) {
    await redis.hset(state(), 'draft', draftOf(turn));
    const lease = await claimed();
    expect(await lease.progress.draft?.()).toEqual({ id: '77', to: 'said "turn":9' });
    await lease.done();
    expect(await redis.hget(state(), 'draft')).toBeNull();
  }
  await redis.hset(state(), 'draft', draftOf(3));
  const next = await claimed();
  expect(await next.progress.draft?.()).toBeUndefined();
  await next.done();
  expect(await redis.hget(state(), 'draft')).toBe(draftOf(3));
});
