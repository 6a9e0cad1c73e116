import { type ActorAddress, keys, type TranscriptEntry } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Mailbox, openMailbox } from './mailbox.js';
import { openShards, type Shards } from './shards.js';
import { claimed, person, somewhere } from './testing/letters.js';
import { type LossyRedis, type Moved, startLossyRedis } from './testing/lossy-redis.js';

let door: LossyRedis;
let redis: Redis;
let shards: Shards;

beforeAll(async () => {
  door = await startLossyRedis(await sharedRedis());
  redis = connectRedis(door.url, 'command', () => undefined);
  shards = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis);
});
afterAll(async () => {
  redis.disconnect();
  await door.close();
});

const historyMax = 80;
/** A process that has just started: it remembers no transcript. */
const fresh = (): Mailbox =>
  openMailbox({
    shards,
    mailKey: 'the key',
    limits: { mailboxMax: 200, transcriptMax: 20_000, historyMax, retentionMs: 3_600_000 },
  });

const entry = (at: number): TranscriptEntry => ({
  ...{ v: 1, role: 'user', id: `m${at % 10}`, text: 'x'.repeat(100), turn: 1, at: 1 },
});

/** A conversation with so many messages. */
async function grown(messages: number): Promise<ActorAddress> {
  const a = somewhere();
  const { tag } = shards.of(a);
  await redis.hset(keys.state(tag, 'messages', a), 'turn', '7');
  const lines = Array.from({ length: messages }, (_, at) => JSON.stringify(entry(at)));
  await redis.rpush(keys.transcript(tag, a), ...lines);
  return a;
}

/** What a turn moves between a process and Redis, from the message to the answer. */
async function turn(mailbox: Mailbox, a: ActorAddress, id: string): Promise<Moved> {
  const before = door.moved();
  await mailbox.ingest(a, person(id));
  const lease = claimed(await mailbox.claim(a));
  await lease.commit({ take: { mail: 1, control: 0 }, turn: 8, reset: false, entries: [entry(1)], replies: [] });
  const after = door.moved();
  return {
    read: after.read - before.read,
    written: after.written - before.written,
    scripts: after.scripts - before.scripts,
  };
}

/** Numbers with more digits. */
const digits = 30;

it('costs a turn the same after 10 and after 10,000 messages, in bytes and scripts', async () => {
  const mailbox = fresh();
  const costs: Moved[] = [];
  for (const messages of [10, 10_000]) {
    const a = await grown(messages);
    await turn(mailbox, a, 'first');
    costs.push(await turn(mailbox, a, 'again'));
  }
  const [short, long] = costs;
  if (!short || !long) throw new Error('nothing was measured');
  expect([short.scripts, long.scripts]).toEqual([3, 3]);
  expect(Math.abs(long.read - short.read)).toBeLessThan(digits);
  expect(Math.abs(long.written - short.written)).toBeLessThan(digits);
});

it('costs a process that knows nothing no more than the entries that a turn reads', async () => {
  const costs: number[] = [];
  for (const messages of [historyMax, 10_000]) {
    const a = await grown(messages);
    costs.push((await turn(fresh(), a, 'm1')).read);
  }
  const [short = 0, long = 0] = costs;
  expect(short).toBeGreaterThan(historyMax * 100);
  expect(Math.abs(long - short)).toBeLessThan(digits);
});
