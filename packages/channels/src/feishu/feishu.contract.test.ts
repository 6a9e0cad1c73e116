import { AppError, type Reply } from '@queueclaw/contracts';
import { type FakeFeishu, startFakeFeishu, startWebhookServer } from '@queueclaw/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { Connection, WebhookRequest } from '../contract.js';
import { webhookPromises } from '../webhook-suite.js';
import { FeishuConfig } from './config.js';
import { connect } from './connect.js';
import { parse } from './parse.js';
import { partBytesMax, render } from './render.js';

let platform: FakeFeishu;
let connection: Connection;
let current: Connection;
let server: Awaited<ReturnType<typeof startWebhookServer>>;
let received: string[] = [];
let facts: unknown[] = [];
let refuse: AppError | undefined;
let change = (request: WebhookRequest): WebhookRequest => request;

const configOf = (more: Record<string, unknown> = {}): FeishuConfig =>
  FeishuConfig.parse({
    ...{ app_id: platform.appId, app_secret: platform.secret, encrypt_key: platform.encryptKey },
    ...{ verification_token: platform.verificationToken, domain: platform.url, ...more },
  });
const open = (config: FeishuConfig): Promise<Connection> =>
  connect(config, {
    account: 'main',
    signal: new AbortController().signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: () => undefined,
    receive: async (payload) => {
      if (refuse !== undefined) throw refuse;
      const heard = parse(payload, { account: 'main', self: platform.self, newId: () => 'x' });
      received.push(...heard.map(({ mail }) => mail.text));
      facts.push(...heard.map(({ place, addressed }) => ({ place, addressed })));
    },
  });

beforeAll(async () => {
  platform = await startFakeFeishu();
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
  facts = [];
  refuse = undefined;
  change = (request) => request;
  current = connection;
});

const group = { chat_id: 'oc_group00', chat_type: 'group' };
const mentions = [{ key: '@_user_1', id: { open_id: 'ou_thebot0000' }, name: 'QueueClaw' }];

describe('what it hears', () => {
  it('says of a message where it stands, and in groups whether it mentions the bot', async () => {
    await platform.say('alone');
    await platform.say('by the way', { message: group });
    await platform.say('@_user_1 in a group', { user: 'ou_eve00000', message: { ...group, mentions } });
    expect(received).toEqual(['alone', 'by the way', 'in a group']);
    const place = { kind: 'group', id: group.chat_id };
    expect(facts).toEqual([
      { place: { kind: 'direct', id: expect.stringMatching(/^oc_/) }, addressed: true },
      { place, addressed: false },
      { place, addressed: true },
    ]);
  });

  it('lets Feishu call again when the message could not be made durable', async () => {
    const event = platform.event('x');
    refuse = new AppError('system.unavailable');
    expect((await platform.call(event)).status).toBe(503);
    refuse = undefined;
    expect((await platform.call(event)).status).toBe(200);
    expect(received).toEqual(['x']);
  });
});

describe('the webhook', () => {
  let count = 0;
  test.each(
    webhookPromises({
      ageSecondsMax: 300,
      call: async (on, age) => {
        const said = `words ${(count += 1)}`;
        [change, received] = [on, []];
        const { status } = await platform.call(platform.event(said), { age });
        return { status, said, received };
      },
    }),
  )('$says', async ({ check }) => check());
});

describe('what it believes', () => {
  const flipped =
    (at: number) =>
    (hex: string): string =>
      `${hex.slice(0, at)}${(Number.parseInt(hex[at] ?? '0', 16) ^ 1).toString(16)}${hex.slice(at + 1)}`;
  const challenge = { type: 'url_verification', challenge: 'prove it' };

  it('answers the challenge of the set-up, which is encrypted but not signed', async () => {
    const content = { ...challenge, token: platform.verificationToken };
    const answer = await platform.call(content, { signature: () => undefined });
    expect([answer.status, await answer.json()]).toEqual([200, { challenge: 'prove it' }]);
  });

  it.each([
    ['another token', {}, 'a-verification-token-of-another'],
    ['no token', {}, ''],
    ['another key', { encryptKey: 'an-encrypt-key-of-nobody' }, undefined],
    ['an empty key', { encryptKey: '' }, undefined],
  ])('refuses a challenge with %s', async (_, forgery, token) => {
    const answer = await platform.call({ ...challenge, token: token ?? platform.verificationToken }, forgery);
    expect([answer.status, await answer.text()]).toEqual([401, '']);
  });

  test.each([
    ['signed with another key', { signKey: 'an-encrypt-key-of-nobody' }],
    ['signed with an empty key', { signKey: '' }],
    ['encrypted with another key', { encryptKey: 'an-encrypt-key-of-nobody' }],
    ['older than five minutes', { age: 301 }],
    ['from the future', { age: -302 }],
    ['not signed', { signature: () => undefined }],
    ['whose signature is empty', { signature: () => '' }],
    ['whose signature is cut', { signature: (hex: string) => hex.slice(0, -1) }],
    ['with a space more', { body: (text: string) => `${text} ` }],
    ['that says the same in other bytes', { body: (text: string) => text.replace(':', ': ') }],
    ['that is not encrypted', { body: () => JSON.stringify(platform.event('x')) }],
    ['that is no JSON', { body: () => 'x' }],
  ])('refuses a call %s', async (_, forgery) => {
    const answer = await platform.call(platform.event('x'), forgery);
    expect([answer.status, await answer.text(), received]).toEqual([401, '', []]);
  });

  it('refuses a signature with any bit turned, and a body with one', async () => {
    for (let at = 0; at < 64; at += 1)
      expect((await platform.call(platform.event('x'), { signature: flipped(at) })).status).toBe(401);
    for (const at of [12, 40, 80, 160]) {
      const body = (text: string): string => `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
      expect((await platform.call(platform.event('x'), { body })).status).toBe(401);
    }
    expect(received).toEqual([]);
  });

  it('refuses what is signed but meant for another app, or without the token', async () => {
    for (const header of [{ app_id: 'cli_ffffffffffffffff' }, { token: '' }, { token: 'another' }])
      expect((await platform.call(platform.event('x', { header }))).status).toBe(401);
    expect((await fetch(server.url)).status).toBe(401);
    expect(received).toEqual([]);
  });

  it('has no settings with a blank secret, or an id that is none', () => {
    const wrong = [
      { app_secret: '' },
      { encrypt_key: '' },
      { encrypt_key: '          ' },
      { verification_token: '          ' },
      { app_id: 'cli_short' },
    ];
    const settings = configOf();
    for (const more of wrong) expect(FeishuConfig.safeParse({ ...settings, ...more }).success).toBe(false);
  });
});

const route = { channel: 'feishu', account: 'main', address: { chat: group.chat_id, message: 'om_7' } };
const signal = new AbortController().signal;
const replyOf = (text: string): Reply => ({
  v: 1,
  id: 'r1',
  turn: 1,
  text,
  answers: [],
  status: 'answered',
  route,
  at: 0,
});
let serial = 0;
const send = async (text: string, key = `key/${(serial += 1)}`): Promise<void> => {
  for (const [part, out] of render(replyOf(text)).entries())
    await connection.send?.(out, route, `${key}/${part}`, signal);
};

describe('what it sends', () => {
  it('sends Markdown as Feishu shows it, as an answer in groups, and pings nobody by what it quotes', async () => {
    await send(
      '# Plan\n\nA **bold** [link](https://example.com)\n\n<at user_id="all"></at> `<at id=all>`\n\n|a|b|\n|-|-|\n|1|2|',
    );
    expect(platform.sent.at(-1)).toEqual({
      ...{ chat: undefined, answers: 'om_7' },
      markdown:
        '**Plan**\n\nA **bold** [link](https://example.com)\n\n<\u200bat user_id="all"><\u200b/at> `<\u200bat id=all>`' +
        '\n\n```\na | b\n1 | 2\n```',
    });
  });

  it('sends to a chat when there is no message to answer', async () => {
    const [out] = render(replyOf('hello'));
    await connection.send?.(out ?? { text: '' }, { ...route, address: { chat: 'oc_alone00' } }, 'k', signal);
    expect(platform.sent.at(-1)).toEqual({ chat: 'oc_alone00', answers: undefined, markdown: 'hello' });
  });

  it('sends once what is sent again with the same key, also when the line broke after Feishu took it', async () => {
    const before = platform.sent.length;
    platform.next('cut after accepting');
    await expect(send('once', 'the same')).rejects.toMatchObject({ code: 'channel.failed' });
    for (const _ of [1, 2]) await send('once', 'the same');
    expect(platform.sent.length).toBe(before + 1);
  });

  test.each([
    ['Chinese', '这是一个句子，它讲了一些事情。'.repeat(3_000)],
    ['signs that count twice', '"\\\n'.repeat(10_000)],
    ['a table that padding would blow up', `|a|b|\n|-|-|\n|${'x'.repeat(4_000)}|1|\n${'|1|2|\n'.repeat(1_000)}`],
  ])('sends %s in parts that Feishu takes', async (_, text) => {
    const before = platform.sent.length;
    await send(text);
    expect(platform.sent.length - before).toBe(render(replyOf(text)).length);
    for (const out of render(replyOf(text))) expect(Buffer.byteLength(out.text)).toBeLessThanOrEqual(partBytesMax);
  });

  test.each([
    [{ status: 429, resetSeconds: 7 }, 'channel.failed', 7_000],
    [{ status: 429, resetSeconds: 1e9 }, 'channel.failed', 300_000],
    [{ status: 400, code: 99_991_400 }, 'channel.failed', 5_000],
    [{ status: 200, code: 230_020 }, 'channel.failed', 5_000],
    [{ status: 502 }, 'channel.failed', undefined],
    [{ status: 200 }, 'channel.failed', undefined],
    ['cut after accepting', 'channel.failed', undefined],
    [{ status: 400, code: 230_002 }, 'channel.rejected', undefined],
    [{ status: 200, code: 230_011 }, 'channel.rejected', undefined],
  ] as const)('tells what to do about %j', async (mishap, code, retryAfterMs) => {
    platform.next(mishap);
    await expect(send('x')).rejects.toMatchObject({ code, retryAfterMs });
  });

  it('asks for another token when one ended before its time', async () => {
    const before = platform.tokens();
    platform.endToken();
    await expect(send('x', 'stale')).rejects.toMatchObject({ code: 'channel.failed' });
    await send('x', 'stale');
    expect(platform.tokens()).toBe(before + 1);
  });

  it('gives a call up when it is told to', async () => {
    const sending = connection.send?.({ text: 'x' }, route, 'given up', AbortSignal.abort());
    await expect(sending).rejects.toMatchObject({ code: 'channel.failed' });
  });
});

it('does not connect with a wrong secret, and does not tell it', async () => {
  const failure: unknown = await open(configOf({ app_secret: 'a-wrong-secret-of-ours' })).catch(
    (thrown: unknown) => thrown,
  );
  expect(failure).toMatchObject({ code: 'channel.rejected', publicMessage: 'Feishu: error 10014.' });
  expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('a-wrong-secret');
});

it('answers are cards where the settings say so, and those grow as often as it takes', async () => {
  const cards = await open(configOf({ cards: true }));
  const { signal } = new AbortController();
  const route = { channel: 'feishu', address: { chat: 'oc_5' } };
  const before = platform.sent.length;
  const id = String(await cards.send?.({ text: 'half', growing: true }, route, 'cards/0', signal));
  for (let more = 1; more <= 25; more += 1)
    await cards.edit?.(id, { text: `half and ${more}`, growing: true }, route, signal);
  expect(platform.sent.slice(before)).toMatchObject([{ markdown: 'half and 25' }]);
});
