import { AppError, type Reply } from '@queueclaw/contracts';
import { type FakeSlack, startFakeSlack, startWebhookServer } from '@queueclaw/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { Connection, WebhookRequest } from '../contract.js';
import { webhookPromises } from '../webhook-suite.js';
import { SlackConfig } from './config.js';
import { connect } from './connect.js';
import { Envelope } from './event.js';
import { parse } from './parse.js';
import { render } from './render.js';

let platform: FakeSlack;
let connection: Connection;
let server: Awaited<ReturnType<typeof startWebhookServer>>;
let received: string[] = [];
let facts: unknown[] = [];
let senders: unknown[] = [];
let refuse: AppError | undefined;
let change = (request: WebhookRequest): WebhookRequest => request;

const configOf = (more: Record<string, unknown> = {}): SlackConfig =>
  SlackConfig.parse({
    ...{ bot_token: platform.token, signing_secret: platform.secret, api_root: platform.url },
    ...more,
  });
const open = (config: SlackConfig): Promise<Connection> =>
  connect(config, {
    account: 'main',
    signal: new AbortController().signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: () => undefined,
    receive: async (payload) => {
      if (refuse !== undefined) throw refuse;
      received.push(Envelope.parse(payload).event?.text ?? '');
      const context = { account: 'main', self: platform.self, newId: () => 'x' };
      const heard = parse(payload, context);
      facts.push(...heard.map(({ place, addressed }) => ({ place, addressed })));
      senders.push(...heard.map(({ mail: { from, language } }) => ({ from, language })));
    },
  });

beforeAll(async () => {
  platform = await startFakeSlack();
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
  facts = [];
  senders = [];
  refuse = undefined;
  change = (request) => request;
});

it('says of a message where it stands, and whether it is meant for it', async () => {
  await platform.say('alone');
  await platform.say('by the way', { channel: 'C7', channel_type: 'channel' });
  await platform.say(`<@${platform.self}> in a channel`, {
    type: 'app_mention',
    channel: 'C7',
    channel_type: undefined,
  });
  expect(facts).toEqual([
    { place: { kind: 'direct', id: 'D5' }, addressed: true },
    { place: { kind: 'group', id: 'C7' }, addressed: false },
    { place: { kind: 'group', id: 'C7' }, addressed: true },
  ]);
});

it('knows who says it, as far as Slack tells, and asks once', async () => {
  const before = platform.asked.length;
  for (const user of ['U4711', 'U4711', 'U99', 'U99']) await platform.say('hello', { user });
  expect(senders).toEqual([
    ...[1, 2].map(() => ({ from: { id: 'U4711', name: 'Ada' }, language: 'en-GB' })),
    ...[1, 2].map(() => ({ from: { id: 'U99' }, language: undefined })),
  ]);
  expect(platform.asked.slice(before).filter((user) => user === 'U99')).toEqual(['U99']);
  expect(platform.asked.filter((user) => user === 'U4711')).toEqual(['U4711']);
});

it('answers the challenge of the set-up', async () => {
  const answer = await platform.call({ type: 'url_verification', challenge: 'prove it' });
  expect([answer.status, await answer.text()]).toEqual([200, 'prove it']);
});

it('believes no call that Slack did not sign as it is, just now', async () => {
  const body = {
    type: 'event_callback',
    event: { type: 'message', channel: 'D5', user: 'U4711', text: 'x', ts: '1.1' },
  };
  const spoiled = [
    { secret: 'another secret of some length' },
    { secret: '' },
    { age: 301 },
    { age: -301 },
    { body: (text: string) => text.replace('"x"', '"y"') },
    { body: (text: string) => `${text} ` },
  ];
  for (const forgery of spoiled) expect((await platform.call(body, forgery)).status).toBe(401);
  expect(received).toEqual([]);
  expect(SlackConfig.safeParse({ bot_token: platform.token, signing_secret: '' }).success).toBe(false);
});

describe('the webhook', () => {
  let count = 0;
  test.each(
    webhookPromises({
      ageSecondsMax: 300,
      call: async (on, age) => {
        const said = `words ${(count += 1)}`;
        [change, received] = [on, []];
        const event = {
          type: 'message',
          channel: 'D5',
          channel_type: 'im',
          user: 'U4711',
          text: said,
          ts: `${count}.7`,
        };
        const { status } = await platform.call({ type: 'event_callback', event }, { age });
        return { status, said, received };
      },
    }),
  )('$says', async ({ check }) => check());
});

it('lets Slack call again when the message could not be made durable', async () => {
  refuse = new AppError('system.unavailable');
  const body = {
    type: 'event_callback',
    event: { type: 'message', channel: 'D5', channel_type: 'im', user: 'U4711', text: 'x', ts: '1.2' },
  };
  expect((await platform.call(body)).status).toBe(503);
  refuse = undefined;
  expect((await platform.call(body)).status).toBe(200);
  expect(received).toEqual(['x']);
});

const route = { channel: 'slack', account: 'main', address: { channel: 'C7', thread: '1.000100' } };
const send = async (text: string): Promise<void> => {
  const reply: Reply = { v: 1, id: 'r1', turn: 1, text, answers: [], status: 'answered', route, at: 0 };
  for (const [part, out] of render(reply).entries())
    await connection.send?.(out, route, `key/${part}`, new AbortController().signal);
};

it('sends Markdown as Slack shows it, into the thread, and pings nobody by what it quotes', async () => {
  await send('A **bold** _word_, [link](https://example.com)\n\n- one & <two>\n\n<!channel>');
  expect(platform.sent.at(-1)).toEqual({
    ...{ channel: 'C7', thread: '1.000100' },
    text: 'A \u200b*bold*\u200b \u200b_word_\u200b, <https://example.com|link>\n\n• one &amp; &lt;two&gt;\n\n&lt;!channel&gt;',
  });
});

test.each([
  [{ status: 429, retryAfter: 7 }, 'channel.failed', 7_000],
  [{ status: 502 }, 'channel.failed', undefined],
  ['cut after accepting', 'channel.failed', undefined],
  [{ error: 'internal_error' }, 'channel.failed', undefined],
  [{ error: 'is_archived' }, 'channel.rejected', undefined],
] as const)('tells what to do about %j', async (mishap, code, retryAfterMs) => {
  platform.next(mishap);
  await expect(send('x')).rejects.toMatchObject({ code, retryAfterMs });
});

it('does not connect with a wrong token, and does not tell it', async () => {
  await expect(open(configOf({ bot_token: 'xoxb-wrong' }))).rejects.toMatchObject({
    code: 'channel.rejected',
    publicMessage: 'Slack: invalid_auth.',
  });
});
