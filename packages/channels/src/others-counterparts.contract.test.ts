import { AppError, type Reply } from '@queueclaw/contracts';
import { eventually, freePort } from '@queueclaw/testing';
import { createEmulator, type Emulator } from 'emulate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRequire } from 'node:module';
import type { TelegramServer } from 'telegram-test-api/lib/telegramServer.js';
import type { ChannelDoor, Connection, Incoming } from './contract.js';
import { SlackConfig } from './slack/config.js';
import { connect as connectSlack } from './slack/connect.js';
import { render as renderSlack } from './slack/render.js';
import { TelegramConfig } from './telegram/config.js';
import { connect as connectTelegram } from './telegram/connect.js';
import { parse as parseTelegram } from './telegram/parse.js';
import { render as renderTelegram } from './telegram/render.js';

/*
 * What stands for platforms in connections.contract.test.ts was made by us, and may share our mistakes. These were made by others.
 */

const { signal } = new AbortController();
const doorOf = (receive: ChannelDoor['receive']): ChannelDoor => ({
  ...{ account: 'main', signal, receive, trouble: () => undefined },
  notes: { read: async () => undefined, write: async () => undefined },
});
const reply = (text: string, route: Reply['route']): Reply => ({
  ...{ v: 1, id: 'r1', turn: 1, text, answers: [], status: 'answered', route, at: 0 },
});

/** It says that it is a module of another kind than it is. */
const Server = createRequire(import.meta.url)('telegram-test-api') as new (settings: {
  port: number;
  host: string;
}) => TelegramServer;

describe('telegram-test-api', () => {
  const token = '123456:a-token-of-a-test-api';
  let server: TelegramServer;
  beforeAll(async () => {
    server = new Server({ port: await freePort(), host: '127.0.0.1' });
    await server.start();
  });
  afterAll(() => server.stop());

  it('is heard, answered, and shown an answer that grows', async () => {
    const heard: Incoming[] = [];
    const config = TelegramConfig.parse({ token, api_root: server.config.apiURL });
    const door = doorOf(async (payload) => {
      heard.push(...parseTelegram(payload, { account: 'main', newId: () => 'x' }));
    });
    const connection = await connectTelegram(config, door);
    const stopping = new AbortController();
    const listening = connection.listen?.(stopping.signal);
    const person = server.getClient(token, { userId: 7, chatId: 7, firstName: 'Ada' });
    await person.sendMessage(person.makeMessage('hello'));
    await eventually(() => expect(heard.map(({ mail }) => mail.text)).toEqual(['hello']));
    stopping.abort();
    await listening;
    const route = heard[0]?.mail.route ?? { channel: 'telegram' };
    const [half, whole] = ['**half** …', '**whole** <b>'].map((text) => renderTelegram(reply(text, route))[0]);
    if (half === undefined || whole === undefined) throw new Error('nothing is rendered');
    const id = await connection.send?.(half, route, 'k', signal);
    const shown = (): string[][] =>
      server.storage.botMessages.map(({ message }) => [String(message.chat_id), String(message.text)]);
    expect(shown()).toEqual([['7', '<b>half</b> …']]);
    await connection.edit?.(String(id), whole, route, signal);
    expect(shown()).toEqual([['7', '<b>whole</b> &lt;b&gt;']]);
  });
});

describe('emulate', () => {
  const general = 'C000000001';
  let slack: Emulator;
  let connection: Connection;
  const call = async (method: string, body: Record<string, string>): Promise<Record<string, unknown>> => {
    const headers = { authorization: 'Bearer xoxb-test', 'content-type': 'application/json' };
    const answer = await fetch(`${slack.url}/api/${method}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  };
  beforeAll(async () => {
    slack = await createEmulator({ service: 'slack', port: 0 });
    const config = { bot_token: 'xoxb-test', signing_secret: 'a-secret-of-some-length', api_root: `${slack.url}/api` };
    connection = await connectSlack(
      SlackConfig.parse(config),
      doorOf(async () => undefined),
    );
  });
  afterAll(() => slack.close());

  it('has an answer in its thread, which grows, and is taken away', async () => {
    const { ts } = await call('chat.postMessage', { channel: general, text: 'a question' });
    const route = { channel: 'slack', account: 'main', address: { channel: general, thread: String(ts) } };
    const answers = async (): Promise<unknown[]> => {
      const { messages = [] } = await call('conversations.replies', { channel: general, ts: String(ts) });
      return (messages as { text: string }[]).slice(1).map(({ text }) => text);
    };
    const [half, whole] = ['half …', '**whole** & <!channel>'].map((text) => renderSlack(reply(text, route))[0]);
    if (half === undefined || whole === undefined) throw new Error('nothing is rendered');
    const id = await connection.send?.(half, route, 'k', signal);
    expect(await answers()).toEqual(['half …']);
    await connection.edit?.(String(id), whole, route, signal);
    expect(await answers()).toEqual([expect.stringContaining('*whole*')]);
    expect(await answers()).toEqual([expect.stringContaining('&amp; &lt;!channel&gt;')]);
    await connection.discard?.(String(id), route, signal);
    expect(await answers()).toEqual([]);
    await expect(connection.edit?.(String(id), whole, route, signal)).rejects.toMatchObject({
      code: 'channel.rejected',
    });
  });

  it('has a file as it is, under its name', async () => {
    const content = Buffer.from('%PDF-1.7 not much');
    const open = async function* (): AsyncIterable<Uint8Array> {
      yield await Promise.resolve(content);
    };
    const file = {
      id: `sha256-${'0'.repeat(64)}`,
      name: '报告.pdf',
      type: 'application/pdf',
      size: content.length,
      open,
    };
    const route = { channel: 'slack', account: 'main', address: { channel: general } };
    await connection.send?.({ text: '', file }, route, 'k', signal);
    const { files = [] } = await call('files.list', { channel: general });
    expect(files).toMatchObject([{ name: '报告.pdf', size: content.length }]);
  });

  it('refuses a channel that is not there, and that is for good', async () => {
    const route = { channel: 'slack', account: 'main', address: { channel: 'C404' } };
    await expect(connection.send?.({ text: 'lost' }, route, 'k', signal)).rejects.toBeInstanceOf(AppError);
    await expect(connection.send?.({ text: 'lost' }, route, 'k', signal)).rejects.toMatchObject({
      code: 'channel.rejected',
    });
  });
});
