import { type ActorAddress, keys } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lease } from './lease-types.js';
import { type Mailbox, openMailbox } from './mailbox.js';
import { claimOutbox, type DeliveryLease, outboxItem } from './outbox.js';
import { openShards, type Shard } from './shards.js';
import { claimed, person, reply, somewhere, waitingForTool } from './testing/letters.js';
import { type LossyRedis, startLossyRedis } from './testing/lossy-redis.js';

/*
 * A connection may break after Redis has done a command and before its answer came. The client connects again and sends the
 * command again. Nothing may happen twice.
 */
let lossy: LossyRedis;
let redis: Redis;
let mailbox: Mailbox;
let shard: Shard;

beforeAll(async () => {
  lossy = await startLossyRedis(await sharedRedis());
  redis = connectRedis(lossy.url, 'command', () => undefined);
  const shards = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis);
  const limits = { mailboxMax: 1_200, transcriptMax: 40, historyMax: 10, retentionMs: 3_600_000 };
  mailbox = openMailbox({ shards, mailKey: 'test mail key', limits });
  shard = shards.of({ conversation: 'any' });
  await redis.ping();
});
afterAll(async () => {
  redis.disconnect();
  await lossy.close();
});

const withMail = async (...ids: string[]): Promise<{ a: ActorAddress; lease: Lease }> => {
  const a = somewhere();
  for (const id of ids) await mailbox.ingest(a, person(id));
  return { a, lease: claimed(await mailbox.claim(a)) };
};
/** Does it while the answer is lost, and makes sure that it was. */
const losing = async <T>(work: () => Promise<T>): Promise<T> => {
  const before = lossy.lost();
  lossy.loseNextAnswer();
  const result = await work();
  expect(lossy.lost()).toBe(before + 1);
  return result;
};
const one = { mail: 1, control: 0 };

it('accepts a message once', async () => {
  const a = somewhere();
  expect((await losing(() => mailbox.ingest(a, person('m1')))).outcome).toBe('duplicate');
  expect(claimed(await mailbox.claim(a)).inbox().mail).toHaveLength(1);
});

it('pops mail once at a checkpoint', async () => {
  const { lease } = await withMail('m1', 'm2', 'm3');
  expect(await losing(() => lease.checkpoint({ ...waitingForTool, pending: [] }, one))).toBe(true);
  expect(lease.inbox().mail.map(({ id }) => id)).toEqual(['m2', 'm3']);
});

it('suspends once, and keeps mail that nobody has read', async () => {
  const { a, lease } = await withMail('m1', 'm2');
  expect(await losing(() => lease.suspend(waitingForTool, one, Date.now() + 60_000, []))).toEqual({ wake: false });
  expect(await redis.llen(keys.mailbox(shard.tag, 'messages', a))).toBe(1);
});

it('answers once, and keeps mail that came meanwhile', async () => {
  const { a, lease } = await withMail('m1', 'm2');
  const entries = [{ v: 1 as const, role: 'user' as const, id: 'm1', text: 'hi', turn: 1, at: 1 }];
  const end = { take: one, turn: 1, reset: false, entries, replies: [reply('m1')] };
  expect(await losing(() => lease.commit(end))).toEqual({ left: 1, outbox: 1 });
  const [tr, mb] = [keys.transcript(shard.tag, a), keys.mailbox(shard.tag, 'messages', a)];
  expect([await redis.llen(tr), await redis.llen(mb)]).toEqual([1, 1]);
});

it('takes one reply out of the outbox, not the next one too', async () => {
  const { a } = await withMail('m1');
  const outbox = keys.mailbox(shard.tag, 'replies', a);
  await redis.rpush(outbox, outboxItem(reply('r1')), outboxItem(reply('r2')));
  const head = await claimOutbox(shard, a);
  if (typeof head === 'string') throw new Error(head);
  expect(await losing(() => head.done())).toBe(1);
  expect(await redis.lrange(outbox, 0, -1)).toEqual([outboxItem(reply('r2'))]);
});

it('postpones a reply once, and counts no try that was none', async () => {
  const { a } = await withMail('m1');
  await redis.rpush(keys.mailbox(shard.tag, 'replies', a), outboxItem(reply('r1')));
  const claim = async (): Promise<DeliveryLease> => {
    const head = await claimOutbox(shard, a);
    return typeof head === 'string' ? Promise.reject(new Error(head)) : head;
  };
  for (const why of ['failed', 'failed', 'slow', 'slow', 'stopped'] as const) {
    const head = await claim();
    expect(await losing(() => head.postpone(0, why))).toBe(true);
  }
  expect((await claim()).tries).toBe(3);
});
