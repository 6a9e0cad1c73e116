import { type ActorAddress, AppError, keys, type Reply } from '@queueclaw/contracts';
import {
  claimOutbox,
  type Mailbox,
  openDeliveryWaker,
  openMailbox,
  openSendGate,
  openShards,
  outboxItem,
  parseDeadLetter,
  type Shard,
} from '@queueclaw/mailbox';
import { connectRedis, createLogger } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fromReplies, type SendReply } from './from-replies.js';

let redis: Redis;
let mailbox: Mailbox;
let shard: Shard;
let waker: ReturnType<typeof openDeliveryWaker>;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
  const shards = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis);
  const limits = { mailboxMax: 10, transcriptMax: 10, historyMax: 10, retentionMs: 3_600_000 };
  mailbox = openMailbox({ shards, mailKey: 'test mail key', limits });
  shard = shards.of({ conversation: 'any' });
  waker = openDeliveryWaker(shards);
  closing.push(async () => redis.disconnect(), waker.close);
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const a: ActorAddress = { tenant: 'default', conversation: 'c1' };

/** One ingress. */
const deliver = async (send: SendReply, sendMsMax?: number): Promise<{ stop(graceMs: number): Promise<unknown> }> => {
  const url = await sharedRedis();
  const { consumers, net } = fromReplies({
    ...{ mailbox, waker, send, retryMs: () => 60_000, logger: createLogger('ingress', 'silent') },
    connect: () => connectRedis(url, 'blocking', () => undefined),
    ...(sendMsMax === undefined ? {} : { sendMsMax }),
  });
  const parts = [...consumers, net];
  for (const part of parts) await part.start();
  let stopped: Promise<unknown> | undefined;
  const stop = (graceMs: number): Promise<unknown> =>
    (stopped ??= Promise.all(parts.map((part) => part.stop(graceMs))));
  closing.push(() => stop(500));
  return { stop };
};
const replyOf = (id: string): Reply => ({
  ...{ v: 1, id, turn: 1, text: 'hello', answers: [id], status: 'answered', route: { channel: 'telegram' }, at: 1 },
});
const put = async (...ids: string[]): Promise<void> => {
  for (const id of ids) await redis.rpush(keys.mailbox(shard.tag, 'replies', a), outboxItem(replyOf(id)));
  await redis.zadd(keys.due(shard.tag, 'replies'), Date.now(), 'default/c1');
  await waker.announce(a, 'telegram', 'more');
};
const left = (): Promise<number> => redis.llen(keys.mailbox(shard.tag, 'replies', a));
const dead = (): Promise<number> => redis.llen(keys.dead(shard.tag));

it('sends an outbox in order, once', async () => {
  const sent: string[] = [];
  await deliver(async (_a, { id }) => void sent.push(id));
  await put('r1', 'r2', 'r3');
  await eventually(async () => expect(await left()).toBe(0));
  expect(sent).toEqual(['r1', 'r2', 'r3']);
});

it('leaves a reply to others when it is stopped in the middle, whatever the platform’s client then says', async () => {
  const keysSent: string[] = [];
  const first = await deliver(
    (_a, _reply, key, signal) =>
      new Promise((_resolve, reject) => {
        keysSent.push(key);
        signal.addEventListener('abort', () => reject(new AppError('channel.rejected')));
      }),
  );
  await put('r1');
  await eventually(() => expect(keysSent).toHaveLength(1));
  await first.stop(0);
  await deliver(async (_a, _reply, key) => void keysSent.push(key));
  await eventually(async () => expect(await left()).toBe(0));
  expect(keysSent).toEqual(['default/c1/r1', 'default/c1/r1']);
  expect(await dead()).toBe(0);
});

it('gives a platform that never answers a limited time, and the reply another try', async () => {
  let tries = 0;
  await deliver(() => ((tries += 1) === 1 ? new Promise<void>(() => undefined) : Promise.resolve()), 50);
  await put('r1');
  await eventually(async () => expect(await left()).toBe(0), { timeoutMs: 10_000 });
  expect([tries, await dead()]).toEqual([2, 0]);
});

it('puts a reply aside that the platform refuses, and sends the next', async () => {
  const sent: string[] = [];
  await deliver(async (_a, { id }) => {
    if (id === 'r1') throw new AppError('channel.rejected');
    sent.push(id);
  });
  await put('r1', 'r2');
  await eventually(async () => expect(await left()).toBe(0));
  expect([sent, await dead()]).toEqual([['r2'], 1]);
});

it('says in the dead letter what the platform said', async () => {
  await deliver(() => Promise.reject(new AppError('channel.rejected', { publicMessage: 'Pigeon: shot down' })));
  await put('r1');
  await eventually(async () => expect(await dead()).toBe(1));
  expect(parseDeadLetter((await redis.lindex(keys.dead(shard.tag), 0)) ?? '')).toMatchObject({
    ...{ why: 'channel.rejected: Pigeon: shot down', retryable: true },
  });
});

const stateOf = (): Promise<Record<string, string>> => redis.hgetall(keys.state(shard.tag, 'replies', a));

it('waits when the platform asks for it, and counts no try, however often it asks', async () => {
  let asked = 0;
  await deliver(async () => {
    if ((asked += 1) < 8) throw new AppError('channel.failed', { retryAfterMs: 1 });
  });
  await put('r1');
  await eventually(() => expect(asked).toBeGreaterThan(1), { timeoutMs: 10_000 });
  expect(Number((await stateOf())['tries'])).toBeLessThan(2);
  expect(await dead()).toBe(0);
});

it('tries again for as long as an outage may last, whoever tries, and then goes on with the next one', async () => {
  await put('r1');
  for (const why of ['failed', 'away', 'failed', 'failed'] as const) {
    const lease = await claimOutbox(shard, a);
    if (typeof lease === 'string') throw new Error(lease);
    await lease.postpone(0, why);
  }
  const { trouble = '', tries } = await stateOf();
  expect([trouble.split(' ')[0], tries]).toEqual(['away', '3']);
  await redis.hset(keys.state(shard.tag, 'replies', a), 'trouble', `away ${Date.now() - 61_000}`);
  await put('r2');
  const sent: string[] = [];
  await deliver(async (_a, { id }) => {
    if (id === 'r1') throw new AppError('channel.failed');
    sent.push(id);
  });
  await eventually(async () => expect([sent, await dead()]).toEqual([['r2'], 1]));
  expect((await stateOf())['trouble']).toBeUndefined();
});

it('holds up no other conversation, and no other channel, when a platform never answers', async () => {
  const hanging = Array.from({ length: 120 }, (_, at) => ({ tenant: 'default', conversation: `hangs-${at}` }));
  const gate = openSendGate(mailbox.shards);
  const account = { account: 'telegram/main', rates: { account: [], chat: [] }, before: false };
  let hangs = 0;
  await deliver(async ({ conversation }) => {
    if (conversation === 'c1') return;
    const entry = await gate.enter({ ...account, chat: conversation });
    if ('why' in entry) throw new AppError('channel.slow', { retryAfterMs: entry.ms });
    hangs += 1;
    await new Promise(() => undefined);
  });
  for (const one of hanging) {
    const reply = replyOf('r1');
    await redis.rpush(keys.mailbox(shard.tag, 'replies', one), outboxItem(reply));
  }
  await Promise.all(hanging.map((one) => waker.announce(one, 'telegram', 'more')));
  await eventually(() => expect(hangs).toBe(100));
  await put('r1');
  await eventually(async () => expect(await left()).toBe(0));
  expect(hangs).toBe(100);
});

it('gives up a reply on which the process dies each time', async () => {
  await put('r1');
  await redis.hset(keys.state(shard.tag, 'replies', a), 'tries', '100');
  await deliver(() => expect.fail('sent'));
  await eventually(async () => expect(await dead()).toBe(1));
});
