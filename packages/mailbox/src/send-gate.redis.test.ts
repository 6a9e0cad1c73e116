import { AppError, keys } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openSendGate, type SendEntry, type SendGate, type SendPass, type SendWish } from './send-gate.js';
import { openShards } from './shards.js';

const redises: Redis[] = [];
let gates: readonly [SendGate, SendGate];
let namespace = '';
beforeAll(async () => {
  for (const _ of [1, 2]) redises.push(connectRedis(await sharedRedis(), 'command', () => undefined));
});
afterAll(() => redises.forEach((redis) => redis.disconnect()));
beforeEach(() => {
  namespace = uniqueNamespace();
  const open = (at: number): SendGate => {
    const redis = redises[at];
    if (redis === undefined) throw new Error('no Redis');
    return openSendGate(openShards({ namespace, shards: 3 }, redis));
  };
  gates = [open(0), open(1)];
});
const redis = (): Redis => redises[0] ?? expect.fail();
const key = (what: Parameters<typeof keys.sender>[2], chat?: string): string =>
  keys.sender(namespace, 'pigeon/main', what, chat);

const many = [{ most: 1_000, ms: 1_000 }];
const enter = (chat: string, more: Partial<SendWish> = {}, gate = 0): Promise<SendEntry> =>
  (gates[gate] ?? gates[0]).enter({
    ...{ account: 'pigeon/main', chat, rates: { account: many, chat: many }, before: false },
    ...more,
  });
const pass = (entry: SendEntry): SendPass => ('why' in entry ? expect.fail(entry.why) : entry);
const refused = (entry: SendEntry): { why: string; ms: number } => ('why' in entry ? entry : expect.fail('let in'));
/** Both gates in turn. */
const asked = async (
  times: number,
  wish: (at: number) => Partial<SendWish> & { chat: string },
): Promise<SendEntry[]> => {
  const entries: SendEntry[] = [];
  for (let at = 0; at < times; at += 1) {
    const { chat, ...more } = wish(at);
    entries.push(await enter(chat, more, at % 2));
  }
  return entries;
};
const failure = new AppError('channel.failed');
const slow = (ms: number, waits?: 'account' | 'chat'): AppError =>
  new AppError('channel.failed', { retryAfterMs: ms, waits });

it('lets no more sends of an account out, of all replicas together, than any span may have', async () => {
  const rates = { account: [{ most: 5, ms: 60_000 }], chat: many };
  const entries = await asked(8, (at) => ({ chat: `c${at}`, rates }));
  expect(entries.map((entry) => 'why' in entry)).toEqual([false, false, false, false, false, true, true, true]);
  const waits = entries.slice(5).map((entry) => refused(entry).ms);
  // Who is sent away is told to come one after the other.
  expect(waits.toSorted((a, b) => a - b)).toEqual(waits);
  expect((waits[2] ?? 0) - (waits[0] ?? 0)).toBeGreaterThan(20_000);
  expect(await enter('other', { account: 'pigeon/second', rates })).toMatchObject({ waitMs: 0 });
});

it('gives turns that come soon, and never two at the same time', async () => {
  const rates = { account: [{ most: 4, ms: 800 }], chat: [] };
  const turns = (await asked(8, (at) => ({ chat: `c${at}`, rates }))).map((entry) => pass(entry).waitMs);
  expect(turns.slice(0, 4)).toEqual([0, 0, 0, 0]);
  for (const ms of turns.slice(4)) expect(ms).toBeGreaterThan(500);
  expect(refused(await enter('c9', { rates })).why).toBe('slow');
});

it('keeps the rates of a chat apart from other chats, a short and a long one at once', async () => {
  const chat = [
    { most: 2, ms: 500 },
    { most: 3, ms: 60_000 },
  ];
  const rates = { account: many, chat };
  expect((await asked(2, () => ({ chat: 'a', rates }))).map((entry) => pass(entry).waitMs)).toEqual([0, 0]);
  const soon = refused(await enter('a', { rates }));
  expect([soon.why, soon.ms <= 500]).toEqual(['again', true]);
  expect(pass(await enter('b', { rates })).waitMs).toBe(0);
  // The first two were some time ago; the third one is the last of its minute.
  const list = key('chat', 'a');
  const [times] = [await redis().lrange(list, 0, -1)];
  await redis().del(list);
  await redis().rpush(list, ...times.map((at) => String(Number(at) - 600)));
  expect(pass(await enter('a', { rates })).waitMs).toBe(0);
  const late = refused(await enter('a', { rates }));
  expect([late.why, late.ms > 50_000]).toEqual(['slow', true]);
});

it('puts who comes new behind those who were sent away, and lets these in first', async () => {
  const rates = { account: [{ most: 2, ms: 60_000 }], chat: [] };
  await asked(3, (at) => ({ chat: `c${at}`, rates }));
  // A minute has gone by; somebody was told to come in another one.
  await redis().del(key('sends'));
  expect(refused(await enter('new', { rates })).why).toBe('slow');
  expect(pass(await enter('c2', { rates, before: true })).waitMs).toBe(0);
});

it('leaves a chat alone that the platform slows, on every replica, and no other', async () => {
  await pass(await enter('a')).leave(slow(30_000, 'chat'));
  expect(refused(await enter('a', {}, 1)).ms).toBeGreaterThan(25_000);
  expect(await enter('b', {}, 1)).toMatchObject({ waitMs: 0 });
});

it('leaves an account alone when the platform says so, or slows several chats at once, and no other account', async () => {
  await pass(await enter('a')).leave(slow(30_000, 'account'));
  const rates = { account: [{ most: 5, ms: 5_000 }], chat: [] };
  const told = await asked(3, (at) => ({ chat: `b${at}`, rates }));
  // They do not all come back at the same moment.
  const [one, two, three] = told.map((entry) => refused(entry).ms);
  expect([(two ?? 0) - (one ?? 0) > 800, (three ?? 0) - (two ?? 0) > 800, (one ?? 0) > 29_000]).toEqual([
    true,
    true,
    true,
  ]);
  expect(await enter('b', { account: 'pigeon/second' })).toMatchObject({ waitMs: 0 });
  const other = { account: 'pigeon/third' };
  for (const chat of ['a', 'b']) await pass(await enter(chat, other)).leave(slow(30_000));
  expect(await enter('d', other)).toMatchObject({ waitMs: 0 });
  await pass(await enter('c', other)).leave(slow(30_000));
  expect(refused(await enter('d', other, 1)).why).toBe('slow');
});

it('counts a platform as away when several chats fail in a row, not when one chat does', async () => {
  for (let at = 0; at < 9; at += 1) await pass(await enter('a', {}, at % 2)).leave(failure);
  for (const chat of ['b', 'c', 'd']) await pass(await enter(chat)).leave(failure);
  // Something goes well in between, and what is refused for good shows a platform that works.
  await pass(await enter('e')).leave(undefined);
  for (const chat of ['b', 'c', 'd', 'e']) await pass(await enter(chat)).leave(failure);
  await pass(await enter('f')).leave(new AppError('channel.rejected'));
  for (const chat of ['a', 'b', 'c', 'd']) await pass(await enter(chat)).leave(failure);
  expect(await enter('g', {}, 1)).toMatchObject({ waitMs: 0 });
  await pass(await enter('e')).leave(failure);
  const down = refused(await enter('g', {}, 1));
  expect([down.why, down.ms <= 5_000]).toEqual(['down', true]);
  expect(await enter('g', { account: 'pigeon/second' })).toMatchObject({ waitMs: 0 });
});

const away = async (): Promise<void> => {
  for (const chat of ['a', 'b', 'c', 'd', 'e']) await pass(await enter(chat)).leave(failure);
};
/** The time for which nobody tries is over. */
const over = (): Promise<unknown> => redis().hset(key('gate'), 'until', '1');

it('lets one send try a platform that was away, and all when it goes well', async () => {
  await away();
  await over();
  const tries = pass(await enter('a'));
  expect(refused(await enter('b', {}, 1)).why).toBe('down');
  await tries.leave(undefined);
  expect(await enter('b', {}, 1)).toMatchObject({ waitMs: 0 });
  expect(await redis().hgetall(key('gate'))).toEqual({});
});

it('leaves it alone for longer each time that the one that tries fails', async () => {
  await away();
  for (const most of [10_000, 20_000, 40_000]) {
    await over();
    await pass(await enter('a')).leave(failure);
    const { ms } = refused(await enter('b'));
    expect([ms > most / 2, ms <= most]).toEqual([true, true]);
  }
});

it('lets the next one try when the one that tried is stopped, or dies', async () => {
  await away();
  await over();
  await pass(await enter('a')).leave('unknown');
  pass(await enter('b'));
  expect(refused(await enter('c')).why).toBe('down');
  await redis().hset(key('gate'), 'probeUntil', '1');
  expect(pass(await enter('c')).waitMs).toBe(0);
});

it('lets a platform that never answers take a bounded number of places in a process', async () => {
  const entries = await asked(120, (at) => ({ chat: `c${at}` }));
  const [one, two] = [entries.filter((_, at) => at % 2 === 0), entries.filter((_, at) => at % 2 === 1)];
  expect([one, two].map((some) => some.filter((entry) => !('why' in entry)).length)).toEqual([60, 60]);
  const more = await asked(100, (at) => ({ chat: `d${at}` }));
  expect(more.filter((entry) => !('why' in entry))).toHaveLength(80);
  expect(await enter('e')).toMatchObject({ why: 'slow' });
  expect(await enter('e', { account: 'pigeon/second' })).toMatchObject({ waitMs: 0 });
  await pass(one[0] ?? expect.fail()).leave(undefined);
  await pass(one[0] ?? expect.fail()).leave(undefined);
  expect(await enter('e')).toMatchObject({ waitMs: 0 });
  expect(await enter('f')).toMatchObject({ why: 'slow' });
});

it('leaves nothing in Redis for ever', async () => {
  const rates = { account: [{ most: 1, ms: 20_000 }], chat: [{ most: 1, ms: 20_000 }] };
  const [one, two] = [{ account: 'pigeon/main', rates }, { account: 'pigeon/second' }];
  await pass(await enter('a', one)).leave(slow(10_000));
  await enter('b', one);
  for (const chat of ['a', 'b', 'c', 'd', 'e']) await pass(await enter(chat, two)).leave(failure);
  await enter('a', two);
  const all = await redis().keys(`{${namespace}:send:*`);
  expect(all.length).toBeGreaterThan(6);
  for (const name of all) expect(await redis().pttl(name), name).toBeGreaterThan(0);
});
