import { once } from 'node:events';
import { type Channel, splitText } from '@queueclaw/channels';
import { channelConversation, type MessageStatus } from '@queueclaw/contracts';
import { AccessConfig, connectRedis, createHealthBoard, createLogger } from '@queueclaw/runtime';
import { eventually, sharedRedis, startRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { fromChannels } from './from-channels.js';
import { startTestIngress, type TestIngress, type TestIngressOptions } from './ingress-fixture.js';
import { toChannels } from './to-channels.js';
import { fromLive } from './from-live.js';
import { toMessages } from './to-messages.js';
import { createTyping } from './typing.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const start = async (options: Partial<TestIngressOptions> = {}): Promise<TestIngress> => {
  const it = await startTestIngress({ redisUrl: await sharedRedis(), namespace: uniqueNamespace(), ...options });
  cleanups.push(it.stop);
  return it;
};
const json = { 'content-type': 'application/json' };
const post = (it: TestIngress, body: unknown, headers: Record<string, string> = {}, query = ''): Promise<Response> =>
  fetch(`${it.url}/api/message${query}`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: JSON.stringify(body),
  });
const codeOf = async (answer: Response): Promise<[number, string]> => {
  const { error } = (await answer.json()) as { error: { code: string } };
  return [answer.status, error.code];
};

test('the door is open before Redis has answered, and says so', async () => {
  const it = await start({ start: false });
  expect(await codeOf(await post(it, { conversation: 'c', text: 'x' }))).toEqual([503, 'system.unavailable']);
  expect((await fetch(`${it.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${it.url}/readyz`)).status).toBe(503);
  expect((await fetch(it.url)).status).toBe(200);
  await it.ingress.start();
  expect((await post(it, { conversation: 'c', text: 'x' })).status).toBe(202);
  expect((await fetch(`${it.url}/readyz`)).status).toBe(200);
});

test('answers 503 while Redis is away, loses nothing that it accepted, and recovers', async () => {
  const redis = await startRedis();
  cleanups.push(redis.stop);
  const it = await start({ redisUrl: redis.url });
  const admin = connectRedis(redis.url, 'command', () => undefined);
  cleanups.push(async () => admin.disconnect());
  expect((await post(it, { conversation: 'c', text: 'before', id: 'm1' })).status).toBe(202);
  // Redis accepts no command for a while, as when it restarts and loads its data.
  await admin.config('SET', 'maxmemory', '1');
  expect(await codeOf(await post(it, { conversation: 'c', text: 'x' }))).toEqual([503, 'system.full']);
  await admin.config('SET', 'maxmemory', '0');
  expect((await post(it, { conversation: 'c', text: 'after', id: 'm2' })).status).toBe(202);
  const { mail } = (await it.claim({ tenant: 'default', conversation: 'c' })).inbox();
  expect(mail.map(({ text }) => text)).toEqual(['before', 'after']);
  await redis.stop();
  expect(await codeOf(await post(it, { conversation: 'c', text: 'x' }))).toEqual([503, 'system.unavailable']);
  expect((await fetch(`${it.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${it.url}/healthz`)).status).toBe(200);
});

test('tokens decide the tenant; nothing crosses to another', async () => {
  const [acme, other] = ['the-token-of-acme-0001', 'the-token-of-other-01'];
  const tokens = [
    { token: acme, tenant: 'acme' },
    { token: other, tenant: 'other', scopes: ['read'] },
  ];
  const it = await start({ config: { server: { tokens } } });
  const as = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
  const message = { conversation: 'c', text: 'secret of acme', id: 'm1' };
  expect(await codeOf(await post(it, message))).toEqual([401, 'auth.required']);
  expect(await codeOf(await post(it, message, as('wrong')))).toEqual([401, 'auth.invalid']);
  expect(await codeOf(await post(it, message, as(other)))).toEqual([403, 'auth.forbidden']);
  expect((await post(it, message, as(acme))).status).toBe(202);
  const read = (path: string, token: string): Promise<Response> => fetch(it.url + path, { headers: as(token) });
  expect((await read('/api/messages/m1', acme)).status).toBe(200);
  expect(await codeOf(await read('/api/messages/m1', other))).toEqual([404, 'message.not_found']);
  expect(await codeOf(await read('/api/conversations/c', other))).toEqual([404, 'conversation.not_found']);
  expect(await codeOf(await fetch(`${it.url}/api/conversations`))).toEqual([401, 'auth.required']);
  expect((await fetch(`${it.url}/healthz`)).status).toBe(200);
  expect(it.log.join('')).not.toContain(acme);
});

test('limits the calls of a token', async () => {
  const it = await start({ config: { limits: { requests_per_minute: 2 } } });
  for (const text of ['1', '2']) expect((await post(it, { conversation: 'c', text })).status).toBe(202);
  const answer = await post(it, { conversation: 'c', text: '3' });
  expect(answer.headers.get('retry-after')).toBe('30');
  expect(await codeOf(answer)).toEqual([429, 'rate.limited']);
});

test('refuses to be open to other machines without a token, and names the line to add', async () => {
  await expect(start({ config: { server: { host: '0.0.0.0' } } })).rejects.toThrow(
    'tokens: [{ token: "${QUEUECLAW_TOKEN}" }]',
  );
});

test('stopping ends waits with 202 and sockets with 1001, and lets nothing new in', async () => {
  const it = await startTestIngress({ redisUrl: await sharedRedis(), namespace: uniqueNamespace() });
  const socket = new WebSocket(`${it.url.replace('http', 'ws')}/ws`);
  await once(socket, 'message');
  const waiting = post(it, { conversation: 'c', text: 'x', id: 'm1' }, {}, '?wait=120s');
  await eventually(async () => expect((await fetch(`${it.url}/api/messages/m1`)).status).toBe(200));
  const closed = once(socket, 'close');
  await it.stop();
  expect((await closed)[0]).toBe(1001);
  const answer = await waiting;
  expect([answer.status, ((await answer.json()) as MessageStatus).status]).toEqual([202, 'accepted']);
  await expect(fetch(`${it.url}/healthz`)).rejects.toThrow();
  await it.stop();
});

const access = AccessConfig.parse({ direct: 'open' });
type Sent = { text: string; key: string };

/** A platform that keeps what is sent to it, and what brings it a person's words. */
function openLoft(): { pigeon: Channel; sent: Sent[]; receive: (payload: unknown) => Promise<void> } {
  const sent: Sent[] = [];
  let receive: ((payload: unknown) => Promise<void>) | undefined;
  const pigeon: Channel = {
    ...{ name: 'pigeon', title: 'Carrier pigeon', secrets: [] },
    capabilities: {
      ...{
        delivery: 'platform',
        holders: 'one',
        edit: false,
        typing: false,
        buttons: false,
        files: false,
        voice: false,
      },
      ...{ markdown: 'full', textMax: 100, textUnit: 'characters', idempotence: 'key', outboxesPerJob: 1 },
    },
    config: z.strictObject({ loft: z.string() }),
    load: async () => ({
      parse: (payload, { account }) => {
        const { id, chat, text } = z.object({ id: z.string(), chat: z.string(), text: z.string() }).parse(payload);
        const conversation = channelConversation({ channel: 'pigeon', account, peer: chat });
        const mail = { id, text, from: { id: chat }, route: { channel: 'pigeon', address: { chat } } };
        return [{ conversation, place: { kind: 'direct', id: chat }, addressed: true, mail }];
      },
      render: ({ text }) => splitText(text, 100).map((part) => ({ text: part })),
      connect: async (_config, door) => {
        receive = (payload) => door.receive(payload);
        return {
          send: async ({ text }, _to, key) => void sent.push({ text, key }),
          stop: async () => undefined,
        };
      },
    }),
  };
  return { pigeon, sent, receive: async (payload) => receive?.(payload) };
}

test('a platform is a folder and a line: mail in, answers out, in parts and under keys of their own', async () => {
  const { pigeon, sent, receive } = openLoft();
  const it = await start();
  const log: string[] = [];
  const settings = { enable: true, tenant: 'acme', access };
  const accounts = fromChannels({
    configured: [
      { ...settings, name: 'pigeon', config: { loft: 'north' } },
      { ...settings, name: 'pigeon', account: 'broken', config: {} },
      { ...settings, name: 'telegraph', config: {} },
    ],
    toMessages: toMessages(it.door.conversations, it.blobs),
    typing: createTyping({ fromLive: fromLive(it.door.conversations) }),
    shards: it.door.mailbox.shards,
    health: createHealthBoard(),
    logger: createLogger('test', 'info', (line) => void log.push(line)),
    find: (name) => (name === 'pigeon' ? pigeon : undefined),
  });
  await accounts.start();
  expect(log.join('')).toContain('telegraph');
  expect(log.join('')).toContain('broken');

  await receive({ id: 'e1', chat: '-7', text: 'coo' });
  await receive({ id: 'e1', chat: '-7', text: 'coo, edited' });
  const address = { tenant: 'acme', conversation: 'pigeon.main.-7' };
  expect((await it.claim(address)).inbox().mail).toMatchObject([{ id: 'e1', text: 'coo' }]);

  const route = { channel: 'pigeon', address: { chat: '-7' } };
  const base = { v: 1 as const, id: 'r1', turn: 1, answers: ['e1'], status: 'answered' as const, at: 0 };
  const send = toChannels(accounts);
  const never = new AbortController().signal;
  const recorded: number[] = [];
  const progress = { sent: 0, waited: false, record: async (part: number): Promise<void> => void recorded.push(part) };
  await send(address, { ...base, text: 'word '.repeat(30), route }, 'key', never, progress);
  expect([sent.map(({ key }) => key), recorded]).toEqual([['key/0', 'key/1'], [0]]);
  await expect(
    send(address, { ...base, text: 'x', route: { channel: 'pigeon', account: 'broken' } }, 'k', never, progress),
  ).rejects.toMatchObject({ code: 'channel.down' });
  await accounts.stop();
});

test('a person whose mailbox is full is told so, and holds up nobody else', async () => {
  const { pigeon, sent, receive } = openLoft();
  const it = await start({ config: { limits: { mailbox: 1 } } });
  const accounts = fromChannels({
    configured: [{ enable: true, tenant: 'acme', access, name: 'pigeon', config: { loft: 'north' } }],
    toMessages: toMessages(it.door.conversations, it.blobs),
    typing: createTyping({ fromLive: fromLive(it.door.conversations) }),
    shards: it.door.mailbox.shards,
    health: createHealthBoard(),
    logger: createLogger('test', 'silent'),
    find: () => pigeon,
  });
  await accounts.start();
  await receive({ id: 'e1', chat: '-7', text: 'one' });
  await receive({ id: 'e2', chat: '-7', text: 'two' });
  await receive({ id: 'e3', chat: '-8', text: 'another' });
  expect(sent.map(({ text }) => text)).toEqual([expect.stringContaining('cannot keep up')]);
  expect((await it.claim({ tenant: 'acme', conversation: 'pigeon.main.-8' })).inbox().mail).toHaveLength(1);
  await accounts.stop();
});
