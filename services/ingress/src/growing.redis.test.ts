import type { Channel, Connection, Outgoing } from '@queueclaw/channels';
import { type ActorAddress, AppError, keys, type Reply, type ServerFrame } from '@queueclaw/contracts';
import {
  claimOutbox,
  openDrafts,
  openSendGate,
  openShards,
  outboxItem,
  type SendGate,
  type Shards,
} from '@queueclaw/mailbox';
import { connectRedis, createLogger } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { growAnswer, type Growing } from './growing.js';
import { toChannels } from './to-channels.js';

const a: ActorAddress = { tenant: 'default', conversation: 'pigeon.main.7' };
const never = new AbortController().signal;
const to = { channel: 'pigeon', account: 'main', address: { loft: '7' } };
const logger = createLogger('ingress', 'silent');
let redis: Redis;
let shards: Shards;
/** What stands in the chat, by its id. */
let chat: Map<string, string>;
let history: string[];
let growing: Growing[];
/** How often those who make answers grow asked for their turn. */
let asked: number;
/** What happens to the next call, before the platform does it. */
let before: (() => Promise<void> | void) | undefined;
beforeAll(async () => void (redis = connectRedis(await sharedRedis(), 'command', () => undefined)));
afterAll(() => redis.disconnect());
beforeEach(() => {
  shards = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis);
  [chat, history, growing, asked, before] = [new Map(), [], [], 0, undefined];
});
afterEach(() => growing.forEach((one) => one.end()));

const rates = { account: [{ most: 1_000, seconds: 1 }], chat: [{ most: 1_000, seconds: 1 }], chatIn: ['loft'] };
const capabilities = {
  ...{ buttons: false, edit: true, textMax: 100, rates },
  grows: { rates: [{ most: 1_000, seconds: 1 }], everyMs: 1, most: 1_000 },
};
const connection: Connection = {
  send: async ({ text }) => {
    const id = `m${history.length}`;
    const happens = before;
    before = undefined;
    await happens?.();
    chat.set(id, text);
    history.push(text);
    return id;
  },
  edit: async (id, { text }) => {
    const happens = before;
    before = undefined;
    await happens?.();
    if (!chat.has(id)) throw new AppError('channel.rejected');
    chat.set(id, text);
    history.push(text);
  },
  discard: async (id) => void chat.delete(id),
  stop: async () => undefined,
};
const render = ({ text }: Reply): Outgoing[] => text.match(/.{1,100}/gs)?.map((part) => ({ text: part })) ?? [];
const account = {
  channel: { name: 'pigeon', capabilities } as unknown as Channel,
  code: { parse: () => [], render },
  connection,
  deafen: async () => undefined,
};
const grow = (more: { readonly rates?: typeof rates } = {}): Growing => {
  const channel = { name: 'pigeon', capabilities: { ...capabilities, ...more } } as unknown as Channel;
  const gate = openSendGate(shards);
  const enter: SendGate['enter'] = (wish) => ((asked += 1), gate.enter(wish));
  const one = growAnswer({
    ...{ address: a, to, account: () => ({ ...account, channel }), drafts: openDrafts(shards), logger },
    ...{ gate: { enter }, signal: never, firstMs: 1 },
  });
  growing.push(one);
  return one;
};
const delta = (text: string, more: object = {}): ServerFrame => ({
  ...{ type: 'delta' as const, conversation: a.conversation, cursor: '1-0', turn: 1, step: 0, attempt: 1, text },
  ...more,
});
/** The answer comes into the outbox and is delivered, as the outbox' consumer does it. */
const put = async (text: string, turn = 1): Promise<void> => {
  const reply: Reply = { v: 1, id: `r${turn}`, turn, text, answers: ['m'], status: 'answered', route: to, at: 1 };
  await redis.rpush(keys.mailbox(shards.of(a).tag, 'replies', a), outboxItem(reply));
};
const deliver = async (): Promise<void> => {
  const lease = await claimOutbox(shards.of(a), a);
  if (typeof lease === 'string' || lease.reply === undefined) throw new Error('nothing to deliver');
  await toChannels({ find: () => account }, openSendGate(shards))(
    a,
    lease.reply,
    lease.reply.id,
    never,
    lease.progress,
  );
  await lease.done();
};
const stands = (): string[] => [...chat.values()];
const shows = (...texts: string[]): Promise<void> => eventually(() => expect(stands()).toEqual(texts));
const draft = (): Promise<string | null> => redis.hget(keys.state(shards.of(a).tag, 'replies', a), 'draft');

it('grows in one message, and the answer is that message in the end', async () => {
  const { hear } = grow();
  hear(delta('One'));
  await shows('One …');
  hear(delta(' and two'));
  await shows('One and two …');
  await put('One and two and three.');
  await deliver();
  expect(stands()).toEqual(['One and two and three.']);
  expect(await draft()).toBeNull();
});

it('is corrected where what was said is void, and begins anew with each step', async () => {
  const { hear } = grow();
  hear(delta('Let me see'));
  await shows('Let me see …');
  hear(delta('Wrong', { step: 1 }));
  await shows('Wrong …');
  hear(delta('Right', { step: 1, replace: true }));
  await shows('Right …');
  // An older attempt that lives on says nothing any more.
  hear(delta('!', { step: 1, attempt: 2 }));
  hear(delta('lost', { step: 1, attempt: 1 }));
  await shows('! …');
});

it('ends with what became of a turn that failed or was stopped', async () => {
  const { hear } = grow();
  hear(delta('Half an'));
  await shows('Half an …');
  await put('Sorry, the model is away.');
  await deliver();
  expect(stands()).toEqual(['Sorry, the model is away.']);
});

it('what a turn without an answer left is taken over by the next one', async () => {
  const { hear } = grow();
  hear(delta('Half an'));
  await shows('Half an …');
  await put('Another one.', 2);
  await deliver();
  expect(stands()).toEqual(['Another one.']);
});

it('goes on behind itself when the answer is longer than a message', async () => {
  const { hear } = grow();
  const text = 'x'.repeat(150);
  hear(delta(text));
  await shows('x'.repeat(100));
  hear(delta('y'.repeat(20)));
  await put(text + 'y'.repeat(20));
  await deliver();
  expect(stands()).toEqual(['x'.repeat(100), `${'x'.repeat(50)}${'y'.repeat(20)}`]);
  expect(history).toHaveLength(3);
});

it('grows once, however many replicas hear it, and each answer comes once', async () => {
  const [one, other] = [grow(), grow()];
  for (const { hear } of [one, other]) hear(delta('Once'));
  await shows('Once …');
  for (const { hear } of [one, other]) hear(delta(' only'));
  await shows('Once only …');
  await put('Once only.');
  await deliver();
  expect(stands()).toEqual(['Once only.']);
});

it('an answer waits for a change that is under way, and is not undone by it', async () => {
  const { hear } = grow();
  hear(delta('One'));
  await shows('One …');
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: changing, resolve: begins } = Promise.withResolvers<void>();
  before = () => (begins(), held);
  hear(delta(' two'));
  await changing;
  await put('The end.');
  const delivered = deliver();
  hear(delta(' three'));
  release();
  await delivered;
  expect(stands()).toEqual(['The end.']);
  expect(history.at(-2)).toBe('One two …');
});

it('who has not heard that the answer came begins no other one behind it', async () => {
  const [{ hear }, late] = [grow(), grow()];
  hear(delta('One'));
  await shows('One …');
  await put('The end.');
  await deliver();
  const so = asked;
  hear(delta(' two'));
  late.hear(delta('One two'));
  await eventually(() => expect(asked).toBeGreaterThan(so + 1));
  late.hear(delta('Next', { turn: 2 }));
  await shows('The end.', 'Next …');
  expect(history).toEqual(['One …', 'The end.', 'Next …']);
});

it('an answer takes over what began to be sent before it came', async () => {
  const { hear } = grow();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: sending, resolve: begins } = Promise.withResolvers<void>();
  before = () => (begins(), held);
  hear(delta('One'));
  await sending;
  await put('The end.');
  const delivered = deliver();
  release();
  await delivered;
  expect(stands()).toEqual(['The end.']);
});

it('an answer is said anew when its draft was taken away by its person', async () => {
  const { hear } = grow();
  hear(delta('One'));
  await shows('One …');
  chat.clear();
  await put('The end.');
  await deliver();
  expect(stands()).toEqual(['The end.']);
});

it('a platform that asks to wait is left alone for so long, and then it grows on', async () => {
  const { hear } = grow();
  hear(delta('One'));
  await shows('One …');
  before = () => Promise.reject(new AppError('channel.failed', { retryAfterMs: 60_000 }));
  hear(delta(' two'));
  const wait = keys.sender(shards.space.namespace, 'pigeon/main', 'wait', '7');
  await eventually(async () => expect(await redis.exists(wait)).toBe(1));
  let over = false;
  const changedWhenOver = new Promise<boolean>((resolve) => (before = () => resolve(over)));
  hear(delta(' three'));
  const so = asked;
  await eventually(() => expect(asked).toBeGreaterThan(so + 2));
  over = true;
  await redis.del(wait);
  await shows('One two three …');
  expect(await changedWhenOver).toBe(true);
});

it('a platform that asks a change to wait has the answer once it may, in its place', async () => {
  const { hear } = grow();
  hear(delta('One'));
  await shows('One …');
  before = () => Promise.reject(new AppError('channel.failed', { retryAfterMs: 50 }));
  hear(delta(' two'));
  await eventually(() => expect(before).toBeUndefined());
  await put('The end.');
  await deliver();
  expect(stands()).toEqual(['The end.']);
});

it('a platform that fails ends the growing and not the answer', async () => {
  const { hear } = grow();
  hear(delta('One'));
  await shows('One …');
  before = () => Promise.reject(new AppError('channel.failed'));
  hear(delta(' two'));
  await eventually(() => expect(before).toBeUndefined());
  hear(delta(' three'));
  await put('The end.');
  await deliver();
  expect(history).toEqual(['One …', 'The end.']);
  expect(stands()).toEqual(['The end.']);
});

it('an answer is said anew, and alone, where its draft cannot be changed any more', async () => {
  const { hear } = grow();
  hear(delta('One'));
  await shows('One …');
  await put('The end.');
  before = () => Promise.reject(new AppError('channel.rejected'));
  await deliver();
  expect(stands()).toEqual(['The end.']);
});

it('takes no more than half of what a chat takes, and nothing that an answer waits for', async () => {
  const scarce = { ...rates, chat: [{ most: 4, seconds: 3_600 }] };
  const { hear } = grow({ rates: scarce });
  hear(delta('0'));
  await shows('0 …');
  const wish = { account: 'pigeon/main', chat: '7', rates: { account: [], chat: [{ most: 4, ms: 3_600_000 }] } };
  const gate = openSendGate(shards);
  const spare = (): Promise<unknown> => gate.enter({ ...wish, before: false, spare: 'edit' });
  expect(await spare()).toMatchObject({ waitMs: 0 });
  expect(await spare()).toMatchObject({ why: 'slow' });
  for (const _ of [1, 2]) expect(await gate.enter({ ...wish, before: false })).toMatchObject({ waitMs: 0 });
  expect(await gate.enter({ ...wish, before: false })).toMatchObject({ why: 'slow' });
});

it('leaves nothing behind when it ends before the first word is shown', async () => {
  const { hear, end } = grow();
  end();
  hear(delta('One'));
  await put('The end.');
  await deliver();
  expect([stands(), await draft()]).toEqual([['The end.'], null]);
});
