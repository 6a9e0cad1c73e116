import { type Channel, type ChannelDoor, channels, type Fixture } from '@queueclaw/channels';
import { commandMenu, keys, type MenuCommand } from '@queueclaw/contracts';
import { type Door, openDoor } from '@queueclaw/conversations';
import { AccessConfig, Config, createHealthBoard, createLogger } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { fromChannels, type FromChannels } from './from-channels.js';
import { fromLive } from './from-live.js';
import { publishMenu } from './publish-menu.js';
import { toMessages } from './to-messages.js';
import { createTyping } from './typing.js';

const platforms = channels.filter(({ capabilities }) => capabilities.delivery === 'platform');
const stopIn = (channel: string): Fixture => {
  const file = new URL(`../../../packages/channels/src/${channel}/fixtures/stop.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Fixture;
};

let door: Door;
const doors = new Map<string, ChannelDoor>();
const published: (readonly MenuCommand[])[] = [];
const started: FromChannels[] = [];
let refusals = 0;

/** The channel's own receive half behind a connection that does nothing but publish menus. */
const quiet = (channel: Channel): Channel => ({
  ...channel,
  ...{ config: z.strictObject({}), secrets: [] },
  load: async () => ({
    ...(await channel.load()),
    connect: async (_config, given) => {
      doors.set(channel.name, given);
      const commands = async (menu: readonly MenuCommand[]): Promise<void> => {
        published.push(menu);
        if ((refusals -= 1) >= 0) throw new Error('not now');
      };
      return { self: 'the-bot', stop: async () => undefined, ...(channel.name === 'telegram' ? { commands } : {}) };
    },
  }),
});

async function startIngress(names: readonly string[]): Promise<void> {
  const accounts = fromChannels({
    configured: names.map((name) => ({
      ...{ name, enable: true, tenant: 'default', config: {} },
      access: AccessConfig.parse({ direct: 'open', groups: 'all', allow_groups: ['*'] }),
    })),
    // No message here has attachments.
    toMessages: toMessages(door.conversations, undefined as never),
    typing: createTyping({ fromLive: fromLive(door.conversations) }),
    ...{ shards: door.mailbox.shards, health: createHealthBoard(), logger: createLogger('test', 'silent') },
    find: (name) => {
      const channel = platforms.find((one) => one.name === name);
      return channel && quiet(channel);
    },
  });
  started.push(accounts);
  await accounts.start();
}

beforeAll(async () => {
  const config = Config.parse({ state: { namespace: uniqueNamespace() } });
  const onError = (): void => undefined;
  door = openDoor({
    redisUrl: await sharedRedis(),
    mailKey: 'a mail key for tests, 32 characters or more',
    config,
    onError,
  });
});
afterAll(async () => {
  for (const accounts of started) await accounts.stop();
  await door.close();
});

it('publishes the menu once for a bot, whoever starts, and again at the next start when the platform was away', async () => {
  refusals = 1;
  await startIngress(['telegram']);
  await eventually(() => expect(published).toEqual([commandMenu]));
  await startIngress(['telegram']);
  await eventually(() => expect(published).toEqual([commandMenu, commandMenu]));
  const { tag, redis } = door.mailbox.shards.all[0] ?? expect.fail();
  await eventually(async () => expect(await redis.exists(keys.channelNotes(tag, 'telegram/main/menu'))).toBe(1));
  const again = async (self: string): Promise<void> =>
    publishMenu(
      { self, commands: async (menu) => void published.push(menu), stop: async () => undefined },
      {
        ...{ shards: door.mailbox.shards, account: 'telegram/main', logger: createLogger('test', 'silent') },
        signal: new AbortController().signal,
      },
    );
  await again('the-bot');
  expect(published).toHaveLength(2);
  await again('another-bot');
  expect(published).toHaveLength(3);
});

it.each(platforms.map(({ name }) => name))('/stop from %s overtakes whatever waits', async (name) => {
  await startIngress([name]);
  const { payload, expect: mail = [] } = stopIn(name);
  const conversation = mail[0]?.conversation ?? expect.fail();
  const address = { tenant: 'default', conversation };
  const waiting = { from: { id: 'ada' }, route: { channel: name }, text: 'wait for me' };
  const post = toMessages(door.conversations, undefined as never);
  for (const id of ['w1', 'w2', 'w3']) await post(address, { ...waiting, id });
  await doors.get(name)?.receive(payload);
  await doors.get(name)?.receive(payload);
  const { tag, redis } = door.mailbox.shards.of(address);
  expect(await redis.llen(keys.mailbox(tag, 'messages', address))).toBe(3);
  const control = await redis.lrange(keys.control(tag, address), 0, -1);
  expect(control.map((line): unknown => JSON.parse(line.slice(line.indexOf('.') + 1)))).toMatchObject([
    { action: 'stop' },
  ]);
});
