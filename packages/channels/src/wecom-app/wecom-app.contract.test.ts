import { AppError, type Reply, type Route } from '@queueclaw/contracts';
import { type FakeWeComApp, startFakeWeComApp, startWebhookServer } from '@queueclaw/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { Connection, WebhookRequest } from '../contract.js';
import { webhookPromises } from '../webhook-suite.js';
import { WeChatMessage, wordsOf } from '../wechat-message.js';
import { WeComAppConfig } from './config.js';
import { connect } from './connect.js';
import { render } from './render.js';

let platform: FakeWeComApp;
let connection: Connection;
let current: Connection;
let server: Awaited<ReturnType<typeof startWebhookServer>>;
let received: string[] = [];
let refuse: AppError | undefined;
let change = (request: WebhookRequest): WebhookRequest => request;

const configOf = (more: Record<string, unknown> = {}): WeComAppConfig =>
  WeComAppConfig.parse({
    ...{ corp_id: platform.corpId, agent_id: platform.agentId, secret: platform.secret, token: platform.token },
    ...{ encoding_aes_key: platform.aesKey, api_root: platform.url, ...more },
  });
const open = (config: WeComAppConfig): Promise<Connection> =>
  connect(config, {
    account: 'main',
    signal: new AbortController().signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: () => undefined,
    receive: async (payload) => {
      if (refuse !== undefined) throw refuse;
      received.push(wordsOf(WeChatMessage.parse(payload)));
    },
  });

beforeAll(async () => {
  platform = await startFakeWeComApp();
  connection = await open(configOf());
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

  it('proves at its set-up that it can read what is encrypted, and to nobody else', async () => {
    const good = await platform.verify('1616140317555161061');
    expect([good.status, await good.text()]).toEqual([200, '1616140317555161061']);
    for (const forgery of [
      { token: 'AnotherToken' },
      { aesKey: 'A'.repeat(43) },
      { receiver: 'wwffffffffffffffff' },
      { age: 302 },
      { plain: true },
      { query: () => ({}) },
    ]) {
      const bad = await platform.verify('1616140317555161061', forgery);
      expect([bad.status, await bad.text()]).toEqual([401, '']);
    }
  });

  test.each([
    ['signed with another token', { token: 'AnotherToken' }],
    ['signed with an empty token', { token: '' }],
    ['encrypted with another key', { aesKey: 'A'.repeat(43) }],
    ['for another company', { receiver: 'wwffffffffffffffff' }],
    ['for nobody', { receiver: '' }],
    ['not filled up', { padding: (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 15)]) }],
    ['filled up with other bytes', { padding: (bytes: Buffer) => padded(bytes, 7) }],
    ['filled up to 16 bytes with too much', { padding: (bytes: Buffer) => padded(bytes, 33) }],
    ['that is not encrypted', { plain: true }],
    ['that is no XML', { xml: 'hello' }],
    ['that says it twice', { xml: '<xml><FromUserName>ada</FromUserName></xml><xml></xml>' }],
    ['without a nonce', { query: (query: Record<string, string>) => ({ ...query, nonce: '' }) }],
    ['that is too long', { body: (text: string) => text + ' '.repeat(140_000) }],
  ])('refuses a call %s', async (_, forgery) => {
    const answer = await platform.call(platform.message('x'), forgery);
    expect([answer.status, await answer.text(), received]).toEqual([401, '', []]);
  });

  it('makes nothing of entities, and of no type of document', async () => {
    const inside = '<FromUserName>ada</FromUserName><ToUserName>c</ToUserName><MsgType>text</MsgType><MsgId>1</MsgId>';
    const bomb = `<!DOCTYPE xml [<!ENTITY a "boom"><!ENTITY b SYSTEM "file:///etc/passwd">]>`;
    const content = '<Content>&a;&b;&lt;</Content><AgentID>1000002</AgentID>';
    expect((await platform.call({}, { xml: `${bomb}<xml>${inside}${content}</xml>` })).status).toBe(401);
    expect((await platform.call({}, { xml: `<xml>${bomb}${inside}${content}</xml>` })).status).not.toBe(503);
    expect((await platform.call({}, { xml: `<xml>${inside}${content}</xml>` })).status).toBe(200);
    expect(received.join()).not.toMatch(/boom|root:/);
    expect(received.at(-1)).toBe('&a;&b;&lt;');
  });

  it.each(['a\u0001b', '<xml></xml>', ']]', '&amp; < > "', '\ud83d\ude00 表情', '0012.50'])(
    'takes the words %j as they are',
    async (text) => {
      expect(await platform.say(text)).toBe(200);
      expect(received).toEqual([text]);
    },
  );

  it('refuses what is meant for another app of the company', async () => {
    expect(await platform.say('x', { AgentID: '1000003' })).toBe(401);
    expect(received).toEqual([]);
  });

  it('lets WeCom call again when the message could not be made durable', async () => {
    const message = platform.message('x');
    refuse = new AppError('system.unavailable');
    expect((await platform.call(message)).status).toBe(503);
    refuse = undefined;
    expect((await platform.call(message)).status).toBe(200);
    expect(received).toEqual(['x']);
  });
});

function padded(bytes: Buffer, value: number): Buffer {
  const count = 32 - (bytes.length % 32);
  return Buffer.concat([bytes, Buffer.alloc(count, value)]);
}

const route: Route = { channel: 'wecom-app', account: 'main', address: { to: 'ada' } };
const replyOf = (text: string): Reply => ({
  ...{ v: 1, id: 'r1', turn: 1, text, answers: [], status: 'answered', route, at: 0 },
});
let serial = 0;
const send = async (text: string, by = connection, key = `key/${(serial += 1)}`, to = route): Promise<void> => {
  for (const [part, out] of render(replyOf(text)).entries())
    await by.send?.(out, to, `${key}/${part}`, new AbortController().signal);
};

describe('what it sends', () => {
  const markdown =
    '# Plan\n\nA **bold** [link](https://example.com) <@all> <a href="x">\n\n```ts\na\nb\n```\n\n|a|b|\n|-|-|\n|1|2|';

  it('sends Markdown as WeCom shows it, and pings nobody by what it quotes', async () => {
    await send(markdown);
    expect(platform.sent.at(-1)).toEqual({
      ...{ to: 'ada', type: 'markdown' },
      content:
        '**Plan**\n\nA **bold** [link](https://example.com) <\u200b@all> <\u200ba href="x">\n\n> a\n> b\n\n> a | b\n> 1 | 2',
    });
  });

  it('sends plain text where WeChat itself is used', async () => {
    await send(markdown, await open(configOf({ format: 'text' })));
    expect(platform.sent.at(-1)).toEqual({
      ...{ to: 'ada', type: 'text' },
      content: 'Plan\n\nA bold link (https://example.com) <\u200b@all> <\u200ba href="x">\n\na\nb\n\na | b\n1 | 2',
    });
  });

  test.each([
    ['Chinese', '这是一个句子，它讲了一些事情。'.repeat(500)],
    ['what grows by being made plain', '<a '.repeat(3_000)],
    ['a table that padding would blow up', `|a|b|\n|-|-|\n|${'x'.repeat(900)}|1|\n${'|1|2|\n'.repeat(300)}`],
    ['a character that is longer than a message', `e${'\u0301'.repeat(3_000)}`],
  ])('sends %s in parts that WeCom takes', async (_, text) => {
    const before = platform.sent.length;
    await send(text);
    expect(platform.sent.length - before).toBe(render(replyOf(text)).length);
  });

  test.each([
    [{ errcode: 45_009 }, 'channel.failed', 60_000],
    [{ errcode: 45_033 }, 'channel.failed', 60_000],
    [{ errcode: 60_020 }, 'channel.failed', 300_000],
    [{ errcode: -1 }, 'channel.failed', undefined],
    [{ status: 429 }, 'channel.failed', undefined],
    [{ status: 502 }, 'channel.failed', undefined],
    ['cut after accepting', 'channel.failed', undefined],
    [{ errcode: 81_013 }, 'channel.rejected', undefined],
    [{ errcode: 60_011 }, 'channel.rejected', undefined],
    [{ invaliduser: 'ada' }, 'channel.rejected', undefined],
  ] as const)('tells what to do about %j', async (mishap, code, retryAfterMs) => {
    platform.next(mishap);
    await expect(send('x')).rejects.toMatchObject({ code, retryAfterMs });
  });

  it('does not repeat the parts that WeCom has when a later one is tried again', async () => {
    const before = platform.sent.length;
    const text = '字'.repeat(1_500);
    const parts = render(replyOf(text));
    for (const out of parts.slice(0, 1)) await connection.send?.(out, route, 'again/0', new AbortController().signal);
    platform.next({ errcode: -1 });
    await expect(send(text, connection, 'again')).rejects.toMatchObject({ code: 'channel.failed' });
    await send(text, connection, 'again');
    const sent = platform.sent.slice(before).map(({ content }) => content);
    expect([sent.length, sent.join('')]).toEqual([parts.length, text]);
  });

  it('answers another message though a forgotten conversation counts its replies anew', async () => {
    const before = platform.sent.length;
    for (const message of ['1', '2', '2'])
      await send('hello', connection, 'r1', { ...route, address: { ...route.address, message } });
    expect(platform.sent.length).toBe(before + 2);
  });

  it('names what an operator has to put right', async () => {
    platform.next({ errcode: 60_020 });
    await expect(send('x')).rejects.toMatchObject({ publicMessage: expect.stringContaining('trusted IPs') });
  });

  it('asks for another token when one ended before its time, and sends once', async () => {
    const [before, asked] = [platform.sent.length, platform.tokens()];
    platform.endToken();
    await send('x');
    await send('y');
    expect(platform.sent.slice(before).map(({ content }) => content)).toEqual(['x', 'y']);
    expect(platform.tokens()).toBe(asked + 1);
  });

  it('asks for one token however many answers wait for it', async () => {
    const other = await open(configOf());
    platform.endToken();
    const asked = platform.tokens();
    await Promise.all(['a', 'b', 'c'].map((text) => send(text, other)));
    expect(platform.tokens()).toBe(asked + 1);
  });

  it('gives a call up when it is told to', async () => {
    const sending = connection.send?.({ text: 'x' }, route, 'given up', AbortSignal.abort());
    await expect(sending).rejects.toMatchObject({ code: 'channel.failed' });
  });
});

it('does not connect with a wrong secret, and does not tell it', async () => {
  const wrong = 'a-wrong-secret-of-ours';
  const failure: unknown = await open(configOf({ secret: wrong })).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ code: 'channel.rejected', publicMessage: 'WeCom: error 40001.' });
  expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain(wrong);
});
