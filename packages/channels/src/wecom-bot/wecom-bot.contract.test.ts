import { AppError, type Reply } from '@queueclaw/contracts';
import { eventually, type FakeWeComBot, startFakeWeComBot } from '@queueclaw/testing';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { Connection } from '../contract.js';
import { WeComBotConfig } from './config.js';
import { connect, type Times } from './connect.js';
import { Message, wordsOf } from './message.js';
import { render } from './render.js';

let platform: FakeWeComBot;
let received: { text: string; request: string }[] = [];
let troubles: (string | undefined)[] = [];
let refuse: AppError | undefined;
let stopping = new AbortController();
let listening: Promise<unknown>[] = [];
/** What the SDK writes by itself. */
let output: string[] = [];

const configOf = (more: Record<string, unknown> = {}): WeComBotConfig =>
  WeComBotConfig.parse({ bot_id: platform.botId, secret: platform.secret, ws_url: platform.url, ...more });
const open = (config: WeComBotConfig, times?: Times): Promise<Connection> =>
  connect(
    config,
    {
      account: 'main',
      signal: stopping.signal,
      notes: { read: async () => undefined, write: async () => undefined },
      trouble: (sentence) => void troubles.push(sentence),
      receive: async (payload) => {
        if (refuse !== undefined) throw refuse;
        const message = Message.parse(payload);
        received.push({ text: wordsOf(message), request: message.headers.req_id });
      },
    },
    times,
  );
const never = new AbortController().signal;
const listen = async (signal = never, times?: Times): Promise<Connection> => {
  const connection = await open(configOf(), times);
  const before = troubles.length;
  listening.push(connection.listen?.(signal) ?? Promise.resolve());
  await eventually(() => expect(troubles.slice(before)).toContain(undefined));
  return connection;
};
const texts = (): string[] => received.map(({ text }) => text);

beforeEach(async () => {
  output = [];
  for (const level of ['debug', 'info', 'warn', 'error', 'log'] as const)
    vi.spyOn(console, level).mockImplementation((...said) => void output.push(said.join(' ')));
  platform = await startFakeWeComBot();
  [received, troubles, listening, refuse, stopping] = [[], [], [], undefined, new AbortController()];
});
afterEach(async () => {
  stopping.abort();
  await Promise.all(listening);

  await platform.close();
  vi.restoreAllMocks();
  expect(output).toEqual([]);
});

describe('listening', () => {
  it('hears people alone, what mentions it in groups, and what was spoken', async () => {
    await listen();
    platform.say('alone');
    platform.say('@QueueClaw in a group', { chattype: 'group', chatid: 'wrGroup' });
    platform.say('', { msgtype: 'voice', voice: { content: 'spoken' } });
    await eventually(() => expect(texts()).toEqual(['alone', 'in a group', 'spoken']));
  });

  it('keeps what could not be made durable, in order, until it is', async () => {
    await listen();
    refuse = new AppError('system.unavailable');
    for (const text of ['one', 'two']) platform.say(text);
    await eventually(() => expect(troubles.at(-1)).toBe(new AppError('system.unavailable').publicMessage));
    refuse = undefined;
    await eventually(() => expect(texts()).toEqual(['one', 'two']));
    expect(troubles.at(-1)).toBeUndefined();
  });

  it('keeps it also when another one listens by then', async () => {
    const lease = new AbortController();
    await listen(lease.signal);
    refuse = new AppError('system.unavailable');
    platform.say('late');
    await eventually(() => expect(troubles.at(-1)).toBe(new AppError('system.unavailable').publicMessage));
    lease.abort();
    await Promise.all(listening);
    refuse = undefined;
    await eventually(() => expect(texts()).toEqual(['late']));
  });

  it('does not wait for what will never be accepted', async () => {
    await listen();
    refuse = new AppError('request.invalid');
    platform.say('odd');
    await eventually(() => expect(troubles.at(-1)).toBe(new AppError('request.invalid').publicMessage));
    refuse = undefined;
    platform.say('next');
    await eventually(() => expect(texts()).toEqual(['next']));
  });

  test.each([
    ['the line broke', () => platform.cut(), 'WeCom ended the line.'],
    ['WeCom fell silent', () => platform.fallSilent(true), 'WeCom ended the line.'],
  ])('connects again after %s', async (_, breaks, sentence) => {
    await listen(never, { heartbeatMs: 20 });
    await eventually(() => expect(platform.heartbeats()).toBeGreaterThan(0));
    breaks();
    await eventually(() => expect(troubles).toContain(sentence));
    platform.fallSilent(false);
    await eventually(() => expect(platform.listeners()).toBe(1));
    platform.say('again');
    await eventually(() => expect(texts()).toEqual(['again']));
  });

  it('is not ended by what is no frame', async () => {
    await listen();
    for (const text of [
      'x',
      '{}',
      '{"cmd":"aibot_msg_callback"}',
      '{"cmd":"aibot_msg_callback","headers":{},"body":{"msgtype":7}}',
    ])
      platform.push(text);
    platform.say('hello');
    await eventually(() => expect(texts()).toEqual(['hello']));
  });

  it('leaves the line to whoever took it over, and says so', async () => {
    await listen();
    const other = new AbortController();
    await listen(other.signal);
    await eventually(() => expect(troubles.join()).toContain('Another program talks as this bot'));
    platform.say('to the other one');
    await eventually(() => expect(texts()).toEqual(['to the other one']));
    expect(platform.listeners()).toBe(1);
  });

  it('ends with its signal', async () => {
    const lease = new AbortController();
    await listen(lease.signal);
    lease.abort();
    await Promise.all(listening);
    await eventually(() => expect(platform.listeners()).toBe(0));
  });

  it('goes on trying with a wrong secret, and does not tell it', async () => {
    const connection = await open(configOf({ secret: 'a-wrong-secret-of-ours' }));
    listening.push(connection.listen?.(never) ?? Promise.resolve());
    await eventually(() => expect(troubles).toContain('WeCom refuses the bot: error 600041.'));
    expect(troubles.join()).not.toContain('a-wrong-secret');
    expect(platform.listeners()).toBe(0);
  });
});

const replyOf = (text: string): Reply => ({
  ...{ v: 1, id: 'r1', turn: 1, text, answers: [], status: 'answered', route: { channel: 'wecom-bot' }, at: 0 },
});
let serial = 0;
const send = async (by: Connection, text: string, request?: string, key = `key/${(serial += 1)}`): Promise<void> => {
  const address = { chat: 'ada', ...(request === undefined ? {} : { request }) };
  for (const [part, out] of render(replyOf(text)).entries())
    await by.send?.(out, { channel: 'wecom-bot', account: 'main', address }, `${key}/${part}`, never);
};

describe('sending', () => {
  const asked = async (): Promise<string> => {
    platform.say('question');
    await eventually(() => expect(received.length).toBeGreaterThan(0));
    return received.at(-1)?.request ?? '';
  };

  it('answers the request with Markdown, and pings nobody by what it quotes', async () => {
    const connection = await listen();
    const request = await asked();
    await send(connection, '**bold** <@all>\n\n```ts\na < b\n```', request);
    expect(platform.sent).toEqual([
      { to: 'ada', request, content: '**bold** <\u200b@all>\n\n```ts\na < b\n```', finished: true },
    ]);
  });

  it('an answer to a request grows, and is finished by the answer itself; without a request it does not begin to', async () => {
    const connection = await listen();
    const request = await asked();
    const route = { channel: 'wecom-bot', address: { chat: 'ada', request } };
    const { signal } = new AbortController();
    const id = await connection.send?.({ text: 'half', growing: true }, route, 'draft', signal);
    expect(platform.sent).toEqual([{ to: 'ada', request, content: 'half', finished: false }]);
    await connection.edit?.(String(id), { text: 'half and more', growing: true }, route, signal);
    await connection.edit?.(String(id), { text: 'the whole' }, { channel: 'wecom-bot' }, signal);
    expect(platform.sent).toEqual([{ to: 'ada', request, content: 'the whole', finished: true }]);
    platform.forgetRequests();
    const late = connection.edit?.(String(id), { text: 'too late' }, route, signal);
    await expect(late).rejects.toMatchObject({ code: 'channel.rejected' });
    const alone = { channel: 'wecom-bot', address: { chat: 'ada' } };
    const begun = connection.send?.({ text: 'half', growing: true }, alone, 'draft', signal);
    await expect(begun).rejects.toMatchObject({ code: 'channel.rejected' });
  });

  it('sends by itself what answers no request, one that is too old, or one that was answered before', async () => {
    const connection = await listen();
    const request = await asked();
    await send(connection, 'by itself');
    await send(connection, 'the answer', request);
    await send(connection, 'more', request);
    platform.forgetRequests();
    await send(connection, 'late', request);
    expect(platform.sent.map((one) => [one.request, one.content])).toEqual([
      [undefined, 'by itself'],
      [request, 'the answer'],
      [undefined, 'more'],
      [undefined, 'late'],
    ]);
  });

  it('answers once what is sent again with the same key, also when the line broke after WeCom took it', async () => {
    const connection = await listen();
    const request = await asked();
    platform.next('cut after accepting');
    await expect(send(connection, 'once', request, 'same')).rejects.toMatchObject({ code: 'channel.failed' });
    await eventually(() => expect(platform.listeners()).toBe(1));
    await eventually(() => send(connection, 'once', request, 'same'));
    await send(connection, 'once', request, 'same');
    expect(platform.sent.map(({ content }) => content)).toEqual(['once']);
  });

  it('sends by itself what WeCom does not answer to a request, once', async () => {
    const connection = await listen(never, { answerMs: 20 });
    const request = await asked();
    platform.next('silence');
    await expect(send(connection, 'late', request, 'same')).rejects.toMatchObject({ code: 'channel.failed' });
    for (const _ of [1, 2]) await send(connection, 'late', request, 'same');
    expect(platform.sent.map((one) => [one.request, one.content])).toEqual([[undefined, 'late']]);
  });

  test.each([
    ['Chinese', '这是一个句子，它讲了一些事情。'.repeat(2_000)],
    ['what grows by being made plain', '<@'.repeat(20_000)],
  ])('sends %s in parts that WeCom takes', async (_, text) => {
    const connection = await listen();
    await send(connection, text);
    expect(platform.sent.length).toBe(render(replyOf(text)).length);
    expect(platform.sent.length).toBeGreaterThan(1);
  });

  test.each([
    [{ errcode: 45_009 }, 'channel.failed', 60_000],
    [{ errcode: -1 }, 'channel.failed', undefined],
    [{ errcode: 93_006 }, 'channel.rejected', undefined],
    ['cut after accepting', 'channel.failed', undefined],
  ] as const)('tells what to do about %j', async (mishap, code, retryAfterMs) => {
    const connection = await listen();
    platform.next(mishap);
    await expect(send(connection, 'x')).rejects.toMatchObject({ code, retryAfterMs });
  });

  it('tells to try again while it does not listen, or when it is told to give up', async () => {
    const connection = await open(configOf());
    await expect(send(connection, 'x')).rejects.toMatchObject({ code: 'channel.failed', retryAfterMs: undefined });
    const heard = await listen();
    const route = { channel: 'wecom-bot', account: 'main', address: { chat: 'ada' } };
    const given = heard.send?.({ text: 'x' }, route, 'k', AbortSignal.abort());
    await expect(given).rejects.toMatchObject({ code: 'channel.failed' });
    expect(platform.sent).toEqual([]);
  });
});
