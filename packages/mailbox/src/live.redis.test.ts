import { type ActorAddress, keys } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lease } from './lease-types.js';
import { liveKeep } from './limits.js';
import { type LivePage, readLive } from './live.js';
import { type Mailbox, openMailbox } from './mailbox.js';
import { deliverToStreams } from './outbox.js';
import { openShards, type Shard } from './shards.js';
import { claimed, person, reply, somewhere } from './testing/letters.js';

let redis: Redis;
let mailbox: Mailbox;
let shard: Shard;

beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
  const shards = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis);
  const limits = { mailboxMax: 3, transcriptMax: 4, historyMax: 10, retentionMs: 3_600_000 };
  mailbox = openMailbox({ shards, mailKey: undefined, limits });
  shard = shards.of({ conversation: 'any' });
});
afterAll(() => redis.disconnect());

const speaking = async (): Promise<{ a: ActorAddress; say(...texts: string[]): Promise<unknown> }> => {
  const a = somewhere();
  await mailbox.ingest(a, person(`live-${a.conversation}`));
  const lease: Lease = claimed(await mailbox.claim(a));
  const say = (...texts: string[]): Promise<unknown> =>
    lease.appendLive(texts.map((text) => ({ type: 'delta', turn: 1, step: 1, attempt: lease.epoch, text })));
  return { a, say };
};
const said = ({ entries }: LivePage): unknown[] =>
  entries.map((entry) => (JSON.parse(entry.split('\n')[2] ?? '') as { text: unknown }).text);
const cursors = ({ entries }: LivePage): string[] => entries.map((entry) => entry.slice(0, entry.indexOf('\n')));

it('goes on behind any cursor, also where many events have one time', async () => {
  const { a, say } = await speaking();
  const texts = Array.from({ length: 37 }, (_, at) => `t${at}`);
  await say(...texts.slice(0, 20));
  await say(...texts.slice(20));
  const all = await readLive(shard, a, '0-0');
  expect(said(all)).toEqual(texts);
  for (const [at, cursor] of cursors(all).entries()) {
    const rest = await readLive(shard, a, cursor);
    expect(rest).toMatchObject({ cursor, gap: false });
    expect(said(rest)).toEqual(texts.slice(at + 1));
  }
  expect(await readLive(shard, a, undefined)).toEqual({ cursor: cursors(all).at(-1), gap: false, entries: [] });
});

it('numbers events upwards when the clock of Redis goes back', async () => {
  const { a, say } = await speaking();
  const future = 4_000_000_000_000;
  await redis.rpush(keys.live(shard.tag, a), `${future}-7\ne\n{"text":"from the future"}`);
  await say('now', 'then');
  const all = await readLive(shard, a, '0-0');
  expect(cursors(all)).toEqual([`${future}-7`, `${future}-8`, `${future}-9`]);
  expect(said(await readLive(shard, a, `${future}-8`))).toEqual(['then']);
});

it('is bounded, and says that there is a gap behind a cursor that was cut off', async () => {
  const { a, say } = await speaking();
  await say('first');
  const [first = ''] = cursors(await readLive(shard, a, '0-0'));
  await say(...Array.from({ length: liveKeep - 1 }, (_, at) => `t${at}`));
  expect((await readLive(shard, a, first)).gap).toBe(false);
  await say('last');
  const rest = await readLive(shard, a, first);
  expect(rest.gap).toBe(true);
  expect(rest.entries).toHaveLength(liveKeep);
  expect((await readLive(shard, a, '0-0')).gap).toBe(true);
});

it('goes on from its end behind a cursor that it does not reach, as after a loss of data', async () => {
  const { a, say } = await speaking();
  expect(await readLive(shard, a, '1-1')).toEqual({ cursor: '0-0', gap: true, entries: [] });
  expect(await readLive(shard, a, '0-0')).toEqual({ cursor: '0-0', gap: false, entries: [] });
  await say('hello');
  const [end = ''] = cursors(await readLive(shard, a, '0-0'));
  expect(await readLive(shard, a, '99999999999999999999-0')).toEqual({ cursor: end, gap: true, entries: [] });
});

it('keeps a delivered reply once, in the record of its message, and gives it back until that holds a later one', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('kept-once'));
  const lease = claimed(await mailbox.claim(a));
  const answer = { ...reply('kept-once', 'http'), text: 'an answer\nof two lines' };
  await lease.commit({ take: { mail: 1, control: 0 }, turn: 1, reset: false, entries: [], replies: [answer] });
  await deliverToStreams(shard, [a], ['http']);
  expect(said(await readLive(shard, a, '0-0'))).toEqual([answer.text]);
  expect((await redis.lrange(keys.live(shard.tag, a), 0, -1)).join()).not.toContain('an answer');
  await redis.hset(keys.message(shard.tag, a.tenant, 'kept-once'), a.conversation, 'digest\nanswered\n{"later":true}');
  expect(await readLive(shard, a, '0-0')).toMatchObject({ gap: false, entries: [] });
});
