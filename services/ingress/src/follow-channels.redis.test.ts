import type { Channel } from '@queueclaw/channels';
import { type ChannelConfig, createHealthBoard, createLogger } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { fromChannels, type FromChannels } from './from-channels.js';
import { fromLive } from './from-live.js';
import { startTestIngress } from './ingress-fixture.js';
import { toMessages } from './to-messages.js';
import { createTyping } from './typing.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A platform whose connections say when they begin and end; the account `broken` cannot connect. */
const pigeonPost = (life: string[]): Channel => ({
  ...{ name: 'pigeon', title: 'Carrier pigeon', secrets: [], config: z.strictObject({}) },
  capabilities: {
    ...{ delivery: 'platform', holders: 'any', edit: false, typing: false, buttons: false, files: false, voice: false },
    ...{ markdown: 'full', textMax: 100, textUnit: 'characters', idempotence: 'key', outboxesPerJob: 1 },
  },
  load: async () => ({
    parse: () => [],
    render: () => [],
    connect: async (_config, { account }) => {
      if (account === 'broken') throw new Error('no wind');
      life.push(`+${account}`);
      return { stop: async () => void life.push(`-${account}`) };
    },
  }),
});
const account = (name: string, enable: boolean): ChannelConfig => ({
  ...{ name: 'pigeon', account: name, tenant: 'default', config: {}, enable },
});

const open = async (configured: readonly ChannelConfig[], life: string[]): Promise<FromChannels> => {
  const it = await startTestIngress({ redisUrl: await sharedRedis(), namespace: uniqueNamespace() });
  cleanups.push(it.stop);
  const accounts = fromChannels({
    configured,
    toMessages: toMessages(it.door.conversations, it.blobs),
    typing: createTyping({ fromLive: fromLive(it.door.conversations) }),
    shards: it.door.mailbox.shards,
    health: createHealthBoard(),
    logger: createLogger('test', 'silent'),
    find: (name) => (name === 'pigeon' ? pigeonPost(life) : undefined),
  });
  cleanups.push(accounts.stop);
  await accounts.start();
  return accounts;
};

test('an account that is enabled connects, one that is disabled ends, the others are left alone', async () => {
  const life: string[] = [];
  const accounts = await open([account('a', true), account('b', false), account('c', true)], life);
  expect(life.toSorted()).toEqual(['+a', '+c']);
  await accounts.follow([account('a', false), account('b', true), account('c', true)]);
  expect(life.slice(2).toSorted()).toEqual(['+b', '-a']);
  expect([accounts.find('pigeon', 'a'), accounts.find('pigeon', 'b')]).toEqual([undefined, expect.anything()]);
  await accounts.follow([account('a', true), account('b', true), account('c', true)]);
  expect(life.slice(4)).toEqual(['+a']);
});

test('changes that come quickly end in the last one, and one that cannot connect is tried again when asked', async () => {
  const life: string[] = [];
  const accounts = await open([account('broken', true)], life);
  const changes = [true, false, true].map((enable) => accounts.follow([account('a', enable), account('broken', true)]));
  await Promise.all(changes);
  expect(life).toEqual(['+a', '-a', '+a']);
  await accounts.stop();
  await accounts.follow([account('a', true)]);
  expect(life).toEqual(['+a', '-a', '+a', '-a']);
});
