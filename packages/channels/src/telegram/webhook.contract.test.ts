import { AppError } from '@queueclaw/contracts';
import { eventually, type FakeTelegram, startFakeTelegram, startWebhookServer } from '@queueclaw/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { ChannelDoor, Connection, Incoming, WebhookRequest } from '../contract.js';
import { webhookPromises } from '../webhook-suite.js';
import { TelegramConfig } from './config.js';
import { connect } from './connect.js';
import { parse } from './parse.js';

let platform: FakeTelegram;
let server: Awaited<ReturnType<typeof startWebhookServer>>;
let connection: Connection;
let heard: Incoming[] = [];
let refusals = 0;
let change = (request: WebhookRequest): WebhookRequest => request;
const { signal } = new AbortController();
const secret = 'a-secret-of-the-webhook';
const door: ChannelDoor = {
  account: 'main',
  signal,
  notes: { read: async () => undefined, write: async () => undefined },
  trouble: () => undefined,
  receive: async (payload) => {
    if (refusals > 0) {
      refusals -= 1;
      throw new AppError('system.unavailable');
    }
    heard.push(...parse(payload, { account: 'main', newId: () => 'x' }));
  },
};
const settings = (more: object): TelegramConfig =>
  TelegramConfig.parse({ token: platform.token, api_root: platform.url, ...more });

beforeAll(async () => {
  platform = await startFakeTelegram();
  server = await startWebhookServer(async (call) => (await connection.webhook?.(change(call))) ?? { status: 503 });
  connection = await connect(settings({ webhook_url: `${server.url}/`, webhook_secret: secret }), door);
});
afterAll(async () => {
  await connection.stop();
  await server.close();
  await platform.close();
});
beforeEach(() => {
  heard = [];
  refusals = 0;
});
const texts = (): readonly string[] => heard.map(({ mail }) => mail.text);

it('tells Telegram where to call, with which secret and for what, and does not poll', () => {
  expect(platform.webhook()).toEqual({
    url: `${server.url}/channels/telegram/main`,
    secret,
    heard: ['message', 'callback_query'],
  });
  expect(connection.listen).toBeUndefined();
});

describe('the webhook', () => {
  const subject = {
    unsigned: true as const,
    call: async (changed: typeof change) => {
      const said = `words ${platform.say('')}`;
      await platform.bring();
      heard = [];
      platform.say(said);
      change = changed;
      const [status = 0] = await platform.bring(1);
      const received = texts();
      change = (request) => request;
      await platform.bring();
      return { status, said, received };
    },
  };
  test.each(webhookPromises(subject))('$says', ({ check }) => check());
});

it('is called again until the message is durable, and acknowledges a button that was pressed', async () => {
  refusals = 2;
  const query = platform.press('/stop');
  expect(await platform.bring()).toEqual([503, 503, 200]);
  expect(texts()).toEqual(['/stop']);
  expect(platform.answered).toContain(query);
});

it('puts the sign of the settings on a message, by the place that its mail names, and none otherwise', async () => {
  const marking = await connect(settings({ reaction: '👀' }), door);
  const id = platform.say('mark this');
  const stopping = new AbortController();
  const listening = marking.listen?.(stopping.signal);
  await eventually(() => expect(texts()).toContain('mark this'));
  stopping.abort();
  await listening;
  await marking.seen?.(heard[0]?.mail.route ?? { channel: 'telegram' }, signal);
  expect(platform.reactions).toEqual([`4711/${id} 👀`]);
  expect(connection.seen).toBeUndefined();
});

it('polls again when the settings say no webhook any more, and what waited is there', async () => {
  platform.say('in between');
  const stopping = new AbortController();
  const polling = await connect(settings({}), door);
  const listening = polling.listen?.(stopping.signal);
  await eventually(() => expect(texts()).toEqual(['in between']));
  expect(platform.webhook()).toBeUndefined();
  stopping.abort();
  await listening;
});

it.each([
  [{ webhook_url: 'http://example.org', webhook_secret: secret }],
  [{ webhook_url: 'https://example.org' }],
  [{ webhook_secret: secret }],
  [{ webhook_url: 'https://example.org', webhook_secret: '                ' }],
])('refuses to start with %j', (more) => {
  expect(() => settings(more)).toThrow();
});
