import { AppError, type Reply } from '@queueclaw/contracts';
import { type FakeWhatsApp, startFakeWhatsApp, startWebhookServer } from '@queueclaw/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { Connection, WebhookRequest } from '../contract.js';
import { webhookPromises } from '../webhook-suite.js';
import { WhatsAppConfig } from './config.js';
import { connect } from './connect.js';
import { Envelope, wordsOf } from './message.js';
import { render } from './render.js';

let platform: FakeWhatsApp;
let connection: Connection;
let server: Awaited<ReturnType<typeof startWebhookServer>>;
let received: string[] = [];
let refuse: AppError | undefined;
let change = (request: WebhookRequest): WebhookRequest => request;

const configOf = (more: Record<string, unknown> = {}): WhatsAppConfig =>
  WhatsAppConfig.parse({
    ...{ phone_number_id: platform.number, access_token: platform.token, app_secret: platform.secret },
    ...{ verify_token: 'a word of ours', api_root: platform.url, ...more },
  });
const open = (config: WhatsAppConfig): Promise<Connection> =>
  connect(config, {
    account: 'main',
    signal: new AbortController().signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: () => undefined,
    receive: async (payload) => {
      if (refuse !== undefined) throw refuse;
      received.push(...wordsOf(Envelope.parse(payload)).map(({ text }) => text));
    },
  });

beforeAll(async () => {
  platform = await startFakeWhatsApp();
  connection = await open(configOf());
  server = await startWebhookServer(async (call) => (await connection.webhook?.(change(call))) ?? { status: 500 });
  platform.callAt(server.url);
});
afterAll(async () => {
  await server.close();
  await platform.close();
});
beforeEach(() => {
  received = [];
  refuse = undefined;
  change = (request) => request;
});

it('proves to the set-up of the webhook that it knows the word, and to nobody else', async () => {
  const ask = (word: string): Promise<Response> =>
    fetch(`${server.url}/?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${encodeURIComponent(word)}`);
  const good = await ask('a word of ours');
  expect([good.status, await good.text()]).toEqual([200, '1158201444']);
  expect((await ask('another word')).status).toBe(403);
});

it('believes no call that was not signed as it is', async () => {
  const body = { object: 'whatsapp_business_account', entry: [] };
  expect((await platform.call(body)).status).toBe(200);
  const spoiled = [
    { secret: 'another secret of some length' },
    { secret: '' },
    { body: (text: string) => text.replace('[]', '[ ]') },
    { body: (text: string) => `${text} ` },
  ];
  for (const forgery of spoiled) expect((await platform.call(body, forgery)).status).toBe(401);
  expect(WhatsAppConfig.safeParse({ ...configOf(), app_secret: '' }).success).toBe(false);
});

describe('the webhook', () => {
  let count = 0;
  test.each(
    webhookPromises({
      call: async (on) => {
        const said = `words ${(count += 1)}`;
        [change, received] = [on, []];
        const status = await platform.say(said);
        return { status, said, received };
      },
    }),
  )('$says', async ({ check }) => check());
});

it('lets the platform call again when the message could not be made durable', async () => {
  refuse = new AppError('system.unavailable');
  expect(await platform.say('x')).toBe(503);
  refuse = undefined;
  expect(await platform.say('x')).toBe(200);
  expect(received).toEqual(['x']);
});

it('marks a message as read while it types', async () => {
  const to = { channel: 'whatsapp', account: 'main', address: { to: '16505551234', message: 'wamid.7' } };
  await connection.typing?.(to, new AbortController().signal);
  expect(platform.read).toEqual(['wamid.7']);
});

const route = { channel: 'whatsapp', account: 'main', address: { to: '16505551234' } };
const send = async (text: string): Promise<void> => {
  const reply: Reply = { v: 1, id: 'r1', turn: 1, text, answers: [], status: 'answered', route, at: 0 };
  for (const [part, out] of render(reply).entries())
    await connection.send?.(out, route, `key/${part}`, new AbortController().signal);
};

it('sends Markdown as WhatsApp shows it, in parts that it takes', async () => {
  await send('A **bold** _word_ and [a link](https://example.com)\n\n- one\n\n```js\n1 < 2\n```');
  expect(platform.sent.at(-1)).toEqual({
    to: '16505551234',
    text: 'A *bold* _word_ and a link (https://example.com)\n\n• one\n\n```\n1 < 2\n```',
  });
  const before = platform.sent.length;
  await send('字'.repeat(9_000));
  expect(
    platform.sent
      .slice(before)
      .map(({ text }) => text)
      .join(''),
  ).toBe('字'.repeat(9_000));
});

test.each([
  [{ status: 429, code: 130_429 }, 'channel.failed', 30_000],
  [{ status: 400, code: 131_056 }, 'channel.failed', 30_000],
  [{ status: 500, code: 131_000 }, 'channel.failed', 30_000],
  [{ status: 502 }, 'channel.failed', 30_000],
  ['cut after accepting', 'channel.failed', undefined],
  [{ status: 400, code: 131_026 }, 'channel.rejected', undefined],
] as const)('tells what to do about %j', async (mishap, code, retryAfterMs) => {
  platform.next(mishap);
  await expect(send('x')).rejects.toMatchObject({ code, retryAfterMs });
});

it('says that the window of 24 hours is closed', async () => {
  platform.next({ status: 400, code: 131_047 });
  await expect(send('x')).rejects.toMatchObject({
    code: 'channel.rejected',
    publicMessage: expect.stringContaining('24 hours'),
  });
});

it('does not connect with a wrong token, and does not tell it', async () => {
  const wrong = open(configOf({ access_token: 'a-wrong-token-of-twenty' }));
  await expect(wrong).rejects.toMatchObject({
    code: 'channel.failed',
    publicMessage: expect.not.stringContaining('a-wrong'),
  });
});
