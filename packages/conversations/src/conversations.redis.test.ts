import { type ActorAddress, keys, type PersonMail, type Reply } from '@queueclaw/contracts';
import { deliverToStreams, type Lease } from '@queueclaw/mailbox';
import { Config } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Door, openDoor } from './open.js';
import type { LiveEntry } from './types.js';

let one: Door;
let two: Door;
let serial = 0;

beforeAll(async () => {
  const redisUrl = await sharedRedis();
  const config = Config.parse({ state: { namespace: uniqueNamespace() } });
  const open = (): Door => openDoor({ redisUrl, mailKey: 'test mail key', config, onError: () => undefined });
  one = open();
  two = open();
});
afterAll(() => Promise.all([one.close(), two.close()]));

const somewhere = (): ActorAddress => ({ tenant: 'default', conversation: `c${(serial += 1)}` });
const route = { channel: 'http' };
const person = (id: string, text = 'hi'): PersonMail => ({
  v: 1,
  kind: 'person',
  id,
  text,
  from: { id: 'ada' },
  route,
  at: 1,
});
const lease = async (a: ActorAddress): Promise<Lease> => {
  const claim = await one.mailbox.claim(a);
  if (typeof claim === 'string') throw new Error(claim);
  return claim;
};
const answer = async (a: ActorAddress, turn: number, id: string): Promise<void> => {
  const reply: Reply = {
    v: 1,
    id: `r${turn}`,
    turn,
    text: `to ${id}`,
    answers: [id],
    status: 'answered',
    route,
    at: 1,
  };
  const entries = [{ v: 1 as const, role: 'user' as const, id, text: 'hi', turn, at: 1 }];
  await (await lease(a)).commit({ take: { mail: 1, control: 0 }, turn, reset: false, entries, replies: [reply] });
  await deliverToStreams(one.mailbox.shards.of(a), [a], ['http']);
};
const texts = (entries: readonly LiveEntry[]): string[] =>
  entries.map(({ event }) => ('text' in event ? event.text : (event.name ?? event.call)));

it('tells what became of a message, on every replica', async () => {
  const a = somewhere();
  await one.conversations.accept(a, person('m1'));
  expect(await two.conversations.message('default', 'm1', a.conversation)).toMatchObject({ status: 'accepted' });
  await answer(a, 1, 'm1');
  const status = await two.conversations.message('default', 'm1');
  expect(status).toMatchObject({
    conversation: a.conversation,
    status: 'answered',
    reply: { text: 'to m1', answers: ['m1'] },
  });
  expect((await one.conversations.accept(a, person('m1'))).status).toEqual(status);
  expect(await two.conversations.message('acme', 'm1')).toBeUndefined();
});

it('streams to a follower on another replica, and resumes after a cursor without loss or repetition', async () => {
  const a = somewhere();
  const seen: LiveEntry[] = [];
  const following = await two.conversations.follow(a, undefined, (entry) => seen.push(entry));
  await one.conversations.accept(a, person('n1'));
  const step = await lease(a);
  await step.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: step.epoch, text: 'to' }]);
  await step.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: step.epoch, text: ' n1' }]);
  await eventually(() => expect(texts(seen)).toEqual(['to', ' n1']));
  following.stop();

  const later: LiveEntry[] = [];
  const resumed = await one.conversations.follow(a, seen[0]?.cursor, (entry) => later.push(entry));
  expect(resumed.gap).toBe(false);
  expect(texts(later)).toEqual([' n1']);
  await step.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: step.epoch, text: '!' }]);
  await eventually(() => expect(texts(later)).toEqual([' n1', '!']));
  resumed.stop();
});

it('says that a cursor has expired', async () => {
  const a = somewhere();
  const following = await one.conversations.follow(a, '12345-0', () => undefined);
  expect(following.gap).toBe(true);
  following.stop();
});

it('reads what was missed when the connection for live events was lost', async () => {
  const a = somewhere();
  const seen: LiveEntry[] = [];
  const following = await two.conversations.follow(a, undefined, (entry) => seen.push(entry));
  await one.conversations.accept(a, person('k1'));
  const step = await lease(a);
  await one.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await step.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: step.epoch, text: 'missed?' }]);
  await eventually(() => expect(texts(seen)).toEqual(['missed?']));
  following.stop();
});

it('pages through a transcript from the newest, exports it from the oldest', async () => {
  const a = somewhere();
  for (let turn = 1; turn <= 5; turn += 1) {
    await one.conversations.accept(a, person(`p${turn}`));
    await answer(a, turn, `p${turn}`);
  }
  const newest = await one.conversations.transcript(a, { limit: 2 });
  expect(newest?.entries.map((entry) => entry.turn)).toEqual([4, 5]);
  const before = await one.conversations.transcript(a, { limit: 10, before: newest?.next ?? 0 });
  expect(before?.entries.map((entry) => entry.turn)).toEqual([1, 2, 3]);
  expect(before?.next).toBeUndefined();
  const all: number[] = [];
  for await (const entry of one.conversations.exportEntries(a)) all.push(entry.turn);
  expect(all).toEqual([1, 2, 3, 4, 5]);
});

it('lists conversations of one tenant, newest first', async () => {
  const [a, b] = [somewhere(), somewhere()];
  const tenant = `t${serial}`;
  for (const address of [a, b]) {
    await one.conversations.accept({ ...address, tenant }, person('l1'));
    await answer({ ...address, tenant }, 1, 'l1');
  }
  const listed = await two.conversations.list(tenant, { limit: 10 });
  expect(listed.map(({ conversation }) => conversation)).toEqual([b.conversation, a.conversation]);
});

it('forgets what waits and what is worked on, so that nobody is told to wait for it', async () => {
  const a = somewhere();
  await one.conversations.accept(a, person('y1'));
  const running = await lease(a);
  const { text: _, ...held } = person('y1');
  const usage = { inputTokens: 0, outputTokens: 0 };
  const journal = { v: 1 as const, turn: 1, step: 0, startedAt: 1, entries: [], pending: [], toolCalls: 0, usage };
  await running.checkpoint({ ...journal, answers: [held] }, { mail: 1, control: 0 });
  await one.conversations.accept(a, person('y2'));
  expect(await two.conversations.forget(a)).toBe(true);
  for (const id of ['y1', 'y2']) expect(await one.conversations.message('default', id, a.conversation)).toBeUndefined();
  expect((await one.conversations.accept(a, person('y1'))).outcome).toBe('accepted');
});

it('forgets a conversation with the records of its messages', async () => {
  const a = somewhere();
  await one.conversations.accept(a, person('x1'));
  await answer(a, 1, 'x1');
  expect(await two.conversations.forget(a)).toBe(true);
  expect(await two.conversations.forget(a)).toBe(false);
  expect(await one.conversations.transcript(a, { limit: 1 })).toBeUndefined();
  expect(await one.conversations.message('default', 'x1', a.conversation)).toBeUndefined();
  expect(await one.conversations.list('default', { limit: 100 })).not.toContainEqual(
    expect.objectContaining({ conversation: a.conversation }),
  );
});

it('goes on from now when a cursor lies past everything there is', async () => {
  const a = somewhere();
  const seen: LiveEntry[] = [];
  const following = await two.conversations.follow(a, '9999999999999-0', (entry) => seen.push(entry));
  expect(following.gap).toBe(true);
  await one.conversations.accept(a, person('z1'));
  await answer(a, 1, 'z1');
  await eventually(() => expect(texts(seen)).toEqual(['to z1']));
  following.stop();
});

it('divides no millisecond between two pages of a list', async () => {
  const tenant = 'ties';
  const { tag } = one.mailbox.shards.of({ conversation: 'any' });
  const names = Array.from({ length: 9 }, (_, at) => `tie-${at}`);
  for (const [at, name] of names.entries())
    await one.redis.zadd(keys.conversations(tag, tenant), 1_000 + (at % 3), name);
  const found: string[] = [];
  let before: number | undefined;
  for (let pages = 0; pages < 9; pages += 1) {
    const page = await two.conversations.list(tenant, { limit: 2, ...(before === undefined ? {} : { before }) });
    found.push(...page.map(({ conversation }) => conversation));
    before = page.at(-1)?.at;
    if (page.length === 0) break;
  }
  expect(found.toSorted()).toEqual(names);
});
