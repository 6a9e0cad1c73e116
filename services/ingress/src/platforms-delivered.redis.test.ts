import { type Connection, findChannel } from '@queueclaw/channels';
import { type ActorAddress, keys, type Reply } from '@queueclaw/contracts';
import { claimOutbox, type DeliveryLease, openSendGate, openShards, outboxItem, type Shards } from '@queueclaw/mailbox';
import { connectRedis } from '@queueclaw/runtime';
import {
  type FakeDiscord,
  type FakeTelegram,
  sharedRedis,
  startFakeDiscord,
  startFakeTelegram,
  uniqueNamespace,
} from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { OpenAccount } from './from-channels.js';
import type { SendReply } from './from-replies.js';
import { toChannels } from './to-channels.js';

const a: ActorAddress = { tenant: 'default', conversation: 'c1' };
const stopping = new AbortController();
let redis: Redis;
let shards: Shards;
let telegram: FakeTelegram;
let discord: FakeDiscord;
let accounts: Readonly<Record<'telegram' | 'discord', OpenAccount>>;
/** What comes before the next message goes out, by its number. */
let before: ((serial: number) => void) | undefined;
let serial = 0;

const open = async (name: string, config: Readonly<Record<string, string>>): Promise<OpenAccount> => {
  const channel = findChannel(name) ?? expect.fail(name);
  const code = await channel.load();
  const door = {
    ...{ account: 'main', signal: stopping.signal, receive: async () => undefined, trouble: () => undefined },
    notes: { read: async () => undefined, write: async () => undefined },
  };
  const connection: Connection = (await code.connect?.(channel.config.parse(config), door)) ?? expect.fail(name);
  const send: Connection['send'] = (...message) => {
    before?.((serial += 1));
    return connection.send?.(...message) ?? expect.fail('it sends nothing');
  };
  return { channel, code, connection: { ...connection, send }, deafen: async () => undefined };
};
beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
  [telegram, discord] = await Promise.all([startFakeTelegram(), startFakeDiscord()]);
  accounts = {
    telegram: await open('telegram', { token: telegram.token, api_root: telegram.url }),
    discord: await open('discord', { token: discord.token, api_root: discord.url }),
  };
});
afterAll(async () => {
  stopping.abort();
  await Promise.all(Object.values(accounts).map(({ connection }) => connection.stop()));
  await Promise.all([telegram.close(), discord.close()]);
  redis.disconnect();
});
beforeEach(() => {
  shards = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis);
  before = undefined;
  serial = 0;
});

const claimed = async (): Promise<DeliveryLease> => {
  const lease = await claimOutbox(shards.of(a), a);
  return typeof lease === 'string' ? Promise.reject(new Error(lease)) : lease;
};
const reply = (channel: string, chat: string, text: string): Reply => ({
  ...{ v: 1, id: 'r1', turn: 1, text, answers: ['m1'], status: 'answered', at: 1 },
  route: { channel, address: channel === 'telegram' ? { chat } : { channel: chat } },
});
const put = (one: Reply): Promise<number> => redis.rpush(keys.mailbox(shards.of(a).tag, 'replies', a), outboxItem(one));
const send = (by: SendReply, lease: DeliveryLease): Promise<void> =>
  by(a, lease.reply ?? expect.fail('no reply'), 'default/c1/r1', AbortSignal.timeout(20_000), lease.progress);
const paragraph = (word: string): string => `${word} `.repeat(300).trim();

it.each([
  ['discord', ['one', 'two', 'three']],
  ['telegram', ['one', 'two', 'two', 'three']],
] as const)('%s shows what was cut off in the middle as often as it must: %j', async (name, shown) => {
  const text = ['one', 'two', 'three'].map((word) =>
    name === 'discord' ? paragraph(word) : `${paragraph(word)} ${paragraph(word)}`,
  );
  await put(reply(name, '77', text.join('\n\n')));
  before = (message) => {
    if (message !== 2) return;
    if (name === 'discord') discord.next('cut after accepting');
    else telegram.next('sendMessage', 'cut after accepting');
  };
  const by = toChannels({ find: () => accounts[name] });
  const first = await claimed();
  await expect(send(by, first)).rejects.toMatchObject({ code: 'channel.failed' });
  await first.postpone(0);
  const second = await claimed();
  expect(second.progress.sent).toBe(1);
  await send(by, second);
  expect(await second.done()).toBe(0);
  const sent = (name === 'discord' ? discord.sent : telegram.sent).map((message) => message.text.slice(0, 5).trim());
  expect(sent).toEqual(shown.map((word) => paragraph(word).slice(0, 5).trim()));
});

it('leaves a chat of Telegram alone on every replica when one is told to wait, and writes to others meanwhile', async () => {
  const [one, two] = [1, 2].map(() => toChannels({ find: () => accounts.telegram }, openSendGate(shards)));
  if (one === undefined || two === undefined) return;
  await put(reply('telegram', '7', 'hello'));
  const lease = await claimed();
  telegram.next('sendMessage', { code: 429, description: 'Too Many Requests', retryAfter: 30 });
  await expect(send(one, lease)).rejects.toMatchObject({ code: 'channel.failed', retryAfterMs: 30_000 });
  const sentBefore = telegram.sent.length;
  const again = await send(two, lease).catch((error: unknown) => error);
  expect(again).toMatchObject({ code: 'channel.slow' });
  await two(a, reply('telegram', '8', 'to another'), 'key', AbortSignal.timeout(20_000), lease.progress);
  expect(telegram.sent.slice(sentBefore).map(({ chat, text }) => [chat, text])).toEqual([['8', 'to another']]);
});

it('keeps what Telegram takes in a group, however many conversations and replicas write to it', async () => {
  const by = [1, 2].map(() => toChannels({ find: () => accounts.telegram }, openSendGate(shards)));
  await put(reply('telegram', '-100', 'x'));
  const { progress } = await claimed();
  const tag = keys.sender(shards.space.namespace, 'telegram/main', 'chat', '-100');
  const told: string[] = [];
  for (let at = 0; at < 22; at += 1) {
    // As if a second had gone by since the last one.
    const times = await redis.lrange(tag, 0, -1);
    if (times.length > 0)
      await redis
        .multi()
        .del(tag)
        .rpush(tag, ...times.map((ms) => String(Number(ms) - 1_100)))
        .exec();
    const here = { ...a, conversation: `c${at}` };
    const sending = by[at % 2]?.(here, reply('telegram', '-100', 'x'), `k${at}`, AbortSignal.timeout(20_000), progress);
    told.push(
      await (sending ?? expect.fail()).then(
        () => 'sent',
        (error: { code: string }) => error.code,
      ),
    );
  }
  expect(told).toEqual([...Array.from({ length: 20 }, () => 'sent'), 'channel.slow', 'channel.slow']);
});
