import { AppError, type Reply } from '@queueclaw/contracts';
import { type FakeWeChatOfficial, startFakeWeChatOfficial, startWebhookServer } from '@queueclaw/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { Connection, WebhookRequest } from '../contract.js';
import { webhookPromises } from '../webhook-suite.js';
import { WeChatOfficialConfig } from './config.js';
import { connect } from './connect.js';
import { parse } from './parse.js';
import { render } from './render.js';

let platform: FakeWeChatOfficial;
let connection: Connection;
let plain: Connection;
let current: Connection;
let server: Awaited<ReturnType<typeof startWebhookServer>>;
let received: string[] = [];
let refuse: AppError | undefined;
let change = (request: WebhookRequest): WebhookRequest => request;

const settings = (): Record<string, unknown> => ({
  ...{ app_id: platform.appId, app_secret: platform.secret, token: platform.token, encoding_aes_key: platform.aesKey },
  ...{ api_root: platform.url },
});
const open = (more: Record<string, unknown> = {}): Promise<Connection> =>
  connect(WeChatOfficialConfig.parse({ ...settings(), ...more }), {
    account: 'main',
    signal: new AbortController().signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: () => undefined,
    receive: async (payload) => {
      if (refuse !== undefined) throw refuse;
      received.push(...parse(payload, { account: 'main', newId: () => 'x' }).map(({ mail }) => mail.text));
    },
  });

beforeAll(async () => {
  platform = await startFakeWeChatOfficial();
  connection = await open();
  plain = await open({ mode: 'plain', encoding_aes_key: undefined });
  server = await startWebhookServer(async (call) => (await current.webhook?.(change(call))) ?? { status: 500 });
  platform.callAt(server.url);
});
afterAll(async () => {
  await server.close();
  await platform.close();
});
beforeEach(() => {
  received = [];
  refuse = undefined;
  current = connection;
  change = (request) => request;
});

describe('the webhook', () => {
  let serial = 0;
  test.each(
    webhookPromises({
      ageSecondsMax: 300,
      call: async (on, age) => {
        const said = `words ${(serial += 1)}`;
        [change, received] = [on, []];
        const { status } = await platform.call(platform.message(said), { age });
        return { status, said, received };
      },
    }),
  )('$says', async ({ check }) => check());

  it('answers a message with success, whatever it says', async () => {
    expect(await platform.say('hello')).toEqual([200, 'success']);
    expect(await platform.say('', { MsgType: 'event', Event: 'subscribe' })).toEqual([200, 'success']);
    expect(received).toEqual(['hello']);
  });

  it('proves at its set-up that it knows the token, and to nobody else', async () => {
    const good = await platform.verify('5927782489442352469');
    expect([good.status, await good.text()]).toEqual([200, '5927782489442352469']);
    for (const [echo, forgery] of [
      ['5927782489442352469', { token: 'AnotherToken' }],
      ['5927782489442352469', { token: '' }],
      ['5927782489442352469', { age: 302 }],
      ['<script>alert(1)</script>', {}],
      ['', {}],
    ] as const) {
      const bad = await platform.verify(echo, forgery);
      expect([bad.status, await bad.text()]).toEqual([401, '']);
    }
  });

  test.each([
    ['signed with another token', { token: 'AnotherToken' }],
    ['signed with an empty token', { token: '' }],
    ['encrypted with another key', { aesKey: 'A'.repeat(43) }],
    ['for another account', { receiver: 'wxffffffffffffffff' }],
    ['that is not encrypted', { plain: true }],
    ['that is no XML', { xml: 'hello' }],
    ['that is XML of another kind', { xml: '<html><xml></xml></html>' }],
  ])('refuses a call %s', async (_, forgery) => {
    const answer = await platform.call(platform.message('x'), forgery);
    expect([answer.status, await answer.text(), received]).toEqual([401, '', []]);
  });

  it('takes plain calls only where it is set, signed and in time', async () => {
    current = plain;
    const status = async (forgery: object): Promise<number> =>
      (await platform.call(platform.message('plain'), { plain: true, ...forgery })).status;
    expect([await status({}), received]).toEqual([200, ['plain']]);
    for (const forgery of [
      { token: 'AnotherToken' },
      { token: '' },
      { age: 302 },
      { age: -302 },
      { query: () => ({}) },
    ])
      expect(await status(forgery)).toBe(401);
    expect(received).toEqual(['plain']);
  });

  it('lets WeChat call again when the message could not be made durable', async () => {
    const message = platform.message('x');
    refuse = new AppError('system.unavailable');
    expect((await platform.call(message)).status).toBe(503);
    refuse = undefined;
    expect((await platform.call(message)).status).toBe(200);
    expect(received).toEqual(['x']);
  });

  it('has no settings with a key that is missing or none', () => {
    const wrong = [
      { encoding_aes_key: undefined },
      { encoding_aes_key: 'short' },
      { token: '' },
      { token: 'no' },
      { app_secret: ' '.repeat(32) },
      { app_id: 'gh_7f083739789a' },
    ];
    for (const more of wrong) expect(WeChatOfficialConfig.safeParse({ ...settings(), ...more }).success).toBe(false);
  });
});

const signal = new AbortController().signal;
let sends = 0;
const send = async (text: string, by = connection): Promise<number> => {
  sends += 1;
  const route = { channel: 'wechat-official', account: 'main', address: { to: platform.person } };
  const reply: Reply = { v: 1, id: 'r1', turn: 1, text, answers: [], status: 'answered', route, at: 0 };
  const parts = render(reply);
  for (const [part, out] of parts.entries()) await by.send?.(out, route, `key/${sends}/${part}`, signal);
  return parts.length;
};

describe('what it sends', () => {
  it('sends text without marks, whose links are nobody else’s', async () => {
    await send('# Plan\n\nA **bold** [link](https://example.com) <a href="weixin://x">\n\n```ts\na\nb\n```');
    expect(platform.sent.at(-1)).toEqual({
      to: platform.person,
      content: 'Plan\n\nA bold link (https://example.com) <\u200ba href="weixin://x">\n\na\nb',
    });
  });

  test.each([
    ['Chinese', '这是一个句子，它讲了一些事情。'.repeat(500)],
    ['what grows by being made plain', '<a '.repeat(3_000)],
    ['a table that padding would blow up', `|a|b|\n|-|-|\n|${'x'.repeat(900)}|1|\n${'|1|2|\n'.repeat(1_500)}`],
  ])('sends %s in parts that WeChat takes, five at most, and says when there is more', async (_, text) => {
    const before = platform.sent.length;
    expect(await send(text)).toBe(5);
    const sent = platform.sent.slice(before).map(({ content }) => content);
    expect(sent).toHaveLength(5);
    for (const part of sent.slice(0, 4)) expect(part).not.toContain('继续看下文');
    expect(sent.at(-1)).toMatch(/继续看下文.*\n\(The app takes 5 messages here/);
  });

  it('sends what fits into five messages whole', async () => {
    const before = platform.sent.length;
    await send('字'.repeat(2_900));
    const sent = platform.sent.slice(before).map(({ content }) => content);
    expect([sent.length, sent.join('')]).toEqual([5, '字'.repeat(2_900)]);
  });

  test.each([
    [{ errcode: 45_009 }, 'channel.failed', 60_000, '45009'],
    [{ errcode: 40_164 }, 'channel.failed', 300_000, 'allowlist'],
    [{ errcode: -1 }, 'channel.failed', undefined, '-1'],
    [{ status: 502 }, 'channel.failed', undefined, 'cannot be reached'],
    ['cut after accepting', 'channel.failed', undefined, 'cannot be reached'],
    [{ errcode: 45_015 }, 'channel.rejected', undefined, '48 hours'],
    [{ errcode: 45_047 }, 'channel.rejected', undefined, 'write again'],
    [{ errcode: 48_001 }, 'channel.rejected', undefined, 'verified service account'],
    [{ errcode: 40_003 }, 'channel.rejected', undefined, '40003'],
  ] as const)('tells what to do about %j', async (mishap, code, retryAfterMs, sentence) => {
    platform.next(mishap);
    const publicMessage = expect.stringContaining(sentence);
    await expect(send('x')).rejects.toMatchObject({ code, retryAfterMs, publicMessage });
  });

  it('asks for another token when one ended, or another process made one, and sends once', async () => {
    const before = platform.sent.length;
    platform.endToken();
    await send('x');
    platform.spoilToken();
    await send('y');
    await send('z');
    expect(platform.sent.slice(before).map(({ content }) => content)).toEqual(['x', 'y', 'z']);
  });

  it('asks for another token than the one that is refused only now and then', async () => {
    const other = await open();
    platform.spoilToken();
    await send('one', other);
    platform.spoilToken();
    const asked = platform.tokens();
    for (const text of ['two', 'three'])
      await expect(send(text, other)).rejects.toMatchObject({ code: 'channel.failed' });
    expect(platform.tokens() - asked).toBe(2);
    platform.endToken();
    await send('four', other);
  });

  it('lets every replica send with the same token', async () => {
    const [one, other] = [await open(), await open()];
    const [asked, before] = [platform.tokens(), platform.sent.length];
    await send('one', one);
    await send('other', other);
    expect([platform.tokens() - asked, platform.sent.length - before]).toEqual([0, 2]);
  });
});

it('does not connect with a wrong secret, and does not tell it', async () => {
  const wrong = 'a-wrong-secret-of-ours';
  const failure: unknown = await open({ app_secret: wrong }).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ code: 'channel.rejected', publicMessage: 'WeChat: error 40125.' });
  expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain(wrong);
});
