import type { Channel } from '@queueclaw/channels';
import { AppError } from '@queueclaw/contracts';
import { AccessConfig, type ChannelConfig, createHealthBoard, createLogger } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
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

/** A platform whose connections say when they begin and end; the account `broken` cannot connect, `late` can the third time. */
const pigeonPost = (life: string[]): Channel => ({
  ...{ name: 'pigeon', title: 'Carrier pigeon', secrets: [], config: z.strictObject({}) },
  capabilities: {
    ...{ delivery: 'platform', holders: 'any', edit: false, typing: false, buttons: false, files: false, voice: false },
    ...{ markdown: 'full', textMax: 100, textUnit: 'characters', idempotence: 'key', outboxesPerJob: 1 },
  },
  load: async () => ({
    parse: (payload) => {
      if (payload === 'torn') throw new TypeError('torn: a secret word');
      return [];
    },
    render: () => [],
    connect: async (_config, { account, receive }) => {
      if (account === 'torn') await receive('torn');
      if (account === 'broken') throw new Error('no wind');
      if (account === 'late' && (life.push('?'), life.length < 3))
        throw new AppError('channel.failed', { publicMessage: 'no wind yet' });
      life.push(`+${account}`);
      return { stop: async () => void life.push(`-${account}`) };
    },
  }),
});
const account = (name: string, enable: boolean): ChannelConfig => ({
  ...{ name: 'pigeon', account: name, tenant: 'default', access: AccessConfig.parse({}), config: {}, enable },
});

const open = async (
  configured: readonly ChannelConfig[],
  life: string[],
  health = createHealthBoard(),
  lines: string[] = [],
): Promise<FromChannels> => {
  const it = await startTestIngress({ redisUrl: await sharedRedis(), namespace: uniqueNamespace() });
  cleanups.push(it.stop);
  const accounts = fromChannels({
    configured,
    toMessages: toMessages(it.door.conversations, it.blobs),
    typing: createTyping({ fromLive: fromLive(it.door.conversations) }),
    shards: it.door.mailbox.shards,
    health,
    retryMs: 5,
    logger: createLogger('test', 'info', (line) => void lines.push(line)),
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

test('changes that come quickly end in the last one, whatever cannot connect', async () => {
  const life: string[] = [];
  const accounts = await open([account('broken', true)], life);
  const changes = [true, false, true].map((enable) => accounts.follow([account('a', enable), account('broken', true)]));
  await Promise.all(changes);
  expect(life).toEqual(['+a', '-a', '+a']);
  await accounts.stop();
  await accounts.follow([account('a', true)]);
  expect(life).toEqual(['+a', '-a', '+a', '-a']);
});

test('an app that is away at the start is tried again, said meanwhile, and takes nothing else down', async () => {
  const life: string[] = [];
  const health = createHealthBoard();
  const accounts = await open([account('late', true), account('broken', true)], life, health);
  const checks = { 'channel pigeon/broken': expect.objectContaining({ ok: false }) };
  expect(await health.status()).toMatchObject({ ok: true, checks });
  await eventually(() => expect(accounts.find('pigeon', 'late')).toBeDefined());
  expect(life).toEqual(['?', '?', '?', '+late']);
  await eventually(async () => {
    expect(await health.status()).toMatchObject({
      ok: true,
      checks: { ...checks, 'channel pigeon/late': { ok: true } },
    });
  });
});

test('what an app brings and nobody can read ends no connection, and its words are not logged', async () => {
  const life: string[] = [];
  const lines: string[] = [];
  const accounts = await open([account('torn', true)], life, undefined, lines);
  expect(life).toEqual(['+torn']);
  expect(accounts.find('pigeon', 'torn')).toBeDefined();
  expect(lines.join('')).toContain('could not be read');
  expect(lines.join('')).not.toContain('secret');
});
