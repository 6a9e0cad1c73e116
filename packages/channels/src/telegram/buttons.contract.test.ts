import { commandMenu, type Reply } from '@queueclaw/contracts';
import { eventually, type FakeTelegram, startFakeTelegram } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Connection, Incoming } from '../contract.js';
import { renderReply } from '../render-reply.js';
import { TelegramConfig } from './config.js';
import { connect } from './connect.js';
import { telegram } from './index.js';
import { parse } from './parse.js';
import { render } from './render.js';

let platform: FakeTelegram;
let connection: Connection;
const heard: Incoming[] = [];
const stopping = new AbortController();
let listening: Promise<void> | undefined;

beforeAll(async () => {
  platform = await startFakeTelegram();
  const config = TelegramConfig.parse({ token: platform.token, api_root: platform.url });
  connection = await connect(config, {
    account: 'main',
    signal: stopping.signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: () => undefined,
    receive: async (payload) =>
      void heard.push(...parse(payload, { account: 'main', self: 'claw_bot', newId: () => 'x' })),
  });
  listening = connection.listen?.(stopping.signal);
});
afterAll(async () => {
  stopping.abort();
  await listening;
  await platform.close();
});

const route = { channel: 'telegram', account: 'main', address: { chat: '-100', thread: '7' } };

it('shows choices as buttons, and a press is heard once as its text, and answered', async () => {
  const choices = ['fast', 'clever', 'slow', 'default'].map((label) => ({ label, text: `/model ${label}` }));
  const reply: Reply = {
    v: 1,
    id: 'r1',
    turn: 0,
    text: 'Which?',
    answers: [],
    status: 'answered',
    route,
    at: 0,
    choices,
  };
  for (const out of renderReply(telegram, { render }, reply))
    await connection.send?.(out, route, 'key', stopping.signal);
  expect(platform.sent.at(-1)?.keyboard?.map((row) => row.length)).toEqual([3, 1]);
  const pressed = platform.sent.at(-1)?.keyboard?.[0]?.[1]?.callback_data ?? '';
  const id = platform.press(pressed);
  await eventually(() => expect(platform.answered).toEqual([id]));
  expect(heard.map(({ mail }) => [mail.id, mail.text, mail.from.id])).toEqual([[`q${id}`, '/model clever', '4711']]);
});

it('hears nothing that is no command from a button, and answers the press all the same', async () => {
  const before = heard.length;
  const forged = platform.press('delete everything');
  await eventually(() => expect(platform.answered).toContain(forged));
  expect(heard).toHaveLength(before);
});

it('publishes the menu of commands in English and Chinese', async () => {
  await connection.commands?.(commandMenu, stopping.signal);
  expect([...platform.menus.keys()]).toEqual(['', 'zh']);
  for (const menu of platform.menus.values())
    expect(menu.map(({ command }) => command)).toEqual(commandMenu.map(({ name }) => name));
  expect(platform.menus.get('zh')?.[0]?.description).toMatch(/[\u4e00-\u9fff]/);
});
