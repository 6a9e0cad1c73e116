import { type ActorAddress, type ActorKind, keys, type PersonMail, type Reply } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type DeadLetters, openDeadLetters } from './dead-letters.js';
import { type Mailbox, openMailbox } from './mailbox.js';
import { claimOutbox } from './outbox.js';
import { openShards } from './shards.js';
import { survey } from './survey.js';
import { openWaker, type Waker } from './wake.js';

let redis: Redis;
let mailbox: Mailbox;
let waker: Waker;
let letters: DeadLetters;

beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
});
beforeEach(() => {
  const shards = openShards({ namespace: uniqueNamespace(), shards: 2 }, redis);
  const limits = { mailboxMax: 3, transcriptMax: 4, historyMax: 10, retentionMs: 3_600_000 };
  mailbox = openMailbox({ shards, mailKey: 'test mail key', limits });
  waker = openWaker(shards);
  letters = openDeadLetters(mailbox, waker);
});
afterAll(async () => {
  await waker.close();
  redis.disconnect();
});

const route = { channel: 'http' };
const mail = (id: string): PersonMail => ({
  ...{ v: 1, kind: 'person', id, text: `text of ${id}`, from: { id: 'ada' }, route, at: 1 },
});
const reply: Reply = {
  ...{
    v: 1,
    id: 'r1',
    turn: 1,
    text: 'hello',
    answers: ['m1'],
    status: 'answered',
    route: { channel: 'telegram' },
    at: 1,
  },
};
const address = (conversation: string): ActorAddress => ({ tenant: 'default', conversation });
const die = async (kind: ActorKind, a: ActorAddress, more: object): Promise<void> => {
  const entry = { v: 1, kind, ...a, why: 'tries', tries: 6, at: Date.now(), ...more };
  await redis.rpush(keys.dead(mailbox.shards.of(a).tag), JSON.stringify(entry));
};
const only = async (): Promise<string> => {
  const all = await letters.list(10);
  expect(all).toHaveLength(1);
  return all[0]?.id ?? '';
};
const waiting = async (a: ActorAddress): Promise<readonly PersonMail[]> => {
  const lease = await mailbox.claim(a);
  if (typeof lease === 'string') throw new Error(lease);
  await lease.release();
  return lease.inbox().mail;
};

it('lists the newest of all shards first, and no more than asked for', async () => {
  for (let n = 0; n < 50; n += 1) await die('messages', address(`c${n}`), { mail: [mail('m')], at: n + 1 });
  const all = await letters.list(45);
  expect(all.map(({ conversation }) => conversation)).toEqual(Array.from({ length: 45 }, (_, n) => `c${49 - n}`));
  expect((await survey(mailbox.shards, Date.now())).deadLetters).toBe(50);
});

it('puts the mail of a dead letter in again, in order, under new ids, and takes it off the list', async () => {
  const a = address('again');
  await mailbox.ingest(a, mail('m1'));
  await die('messages', a, { mail: [mail('m2'), mail('m3')] });
  expect(await letters.retry(await only())).toBe(2);
  const [, second, third] = await waiting(a);
  expect(second).toMatchObject({ text: 'text of m2', id: expect.stringMatching(/^m2~again-/) });
  expect(third).toMatchObject({ text: 'text of m3', id: expect.stringMatching(/^m3~again-/) });
  expect(await letters.list(10)).toEqual([]);
});

it('a retry that several operators press at once happens once', async () => {
  const a = address('at-once');
  await die('messages', a, { mail: [mail('m1')] });
  const id = await only();
  await Promise.allSettled([1, 2, 3, 4].map(() => letters.retry(id)));
  expect(await waiting(a)).toHaveLength(1);
});

it('keeps a dead letter whose mailbox is full, and a later retry repeats nothing', async () => {
  const a = address('full');
  await die('messages', a, { mail: [mail('m1'), mail('m2'), mail('m3'), mail('m4')] });
  const id = await only();
  await expect(letters.retry(id)).rejects.toMatchObject({ code: 'conversation.busy' });
  await expect(letters.retry(id)).rejects.toMatchObject({ code: 'conversation.busy' });
  expect(await waiting(a)).toHaveLength(3);
  expect(await only()).toBe(id);
});

it('ids of retries of retries stay valid', async () => {
  const a = address('often');
  let id = 'x'.repeat(128);
  for (let round = 0; round < 3; round += 1) {
    await die('messages', a, { mail: [mail(id)], at: round + 1 });
    await letters.retry(await only());
    id = (await waiting(a)).at(-1)?.id ?? '';
    expect(id).toMatch(/^x{109}~again-[\w-]{12}$/);
  }
});

it('a reply goes to the end of its outbox once, and its channel is told', async () => {
  const a = address('reply');
  await die('replies', a, { reply, why: 'channel.rejected' });
  const id = await only();
  const done = await Promise.allSettled([letters.retry(id), letters.retry(id)]);
  expect(done.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await mailbox.dispatch(mailbox.shards.of(a), 'replies', 10)).toEqual([a]);
  const lease = await claimOutbox(mailbox.shards.of(a), a);
  expect(lease).toMatchObject({ reply, waiting: 1 });
  expect(await letters.list(10)).toEqual([]);
});

it('what has nothing to try again, or cannot be read, can only be dropped', async () => {
  const a = address('damaged');
  await die('replies', a, { why: 'unreadable' });
  await redis.rpush(keys.dead(mailbox.shards.of(a).tag), 'not { json');
  const all = await letters.list(10);
  expect(all.map(({ kind, retryable }) => [kind, retryable])).toEqual([
    ['replies', false],
    ['unreadable', false],
  ]);
  for (const { id } of all) {
    await expect(letters.retry(id)).rejects.toMatchObject({ code: 'dead_letter.final' });
    await letters.drop(id);
    await expect(letters.drop(id)).rejects.toMatchObject({ code: 'dead_letter.not_found' });
  }
  expect(await letters.list(10)).toEqual([]);
});
