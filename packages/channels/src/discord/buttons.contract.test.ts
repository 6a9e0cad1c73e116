import { AppError, commandMenu, type Reply } from '@queueclaw/contracts';
import { eventually, type FakeDiscord, startFakeDiscord } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Connection, Incoming } from '../contract.js';
import { renderReply } from '../render-reply.js';
import { DiscordConfig } from './config.js';
import { connect } from './connect.js';
import { discord } from './index.js';
import { parse } from './parse.js';
import { render } from './render.js';

let platform: FakeDiscord;
let connection: Connection;
let listening: Promise<void> | undefined;
let refusals = 0;
const heard: Incoming[] = [];
const notes = { text: undefined as string | undefined };
const stopping = new AbortController();

beforeAll(async () => {
  platform = await startFakeDiscord();
  connection = await connect(DiscordConfig.parse({ token: platform.token, api_root: platform.url }), {
    account: 'main',
    signal: stopping.signal,
    notes: { read: async () => notes.text, write: async (text) => void (notes.text = text) },
    trouble: () => undefined,
    receive: async (payload) => {
      if ((refusals -= 1) >= 0) throw new AppError('system.unavailable');
      heard.push(...parse(payload, { account: 'main', self: platform.self, newId: () => 'x' }));
    },
  });
  listening = connection.listen?.(stopping.signal);
  await eventually(() => expect(platform.listeners()).toBe(1), { timeoutMs: 15_000 });
});
afterAll(async () => {
  stopping.abort();
  await listening;
  await connection.stop();
  await platform.close();
});

const route = { channel: 'discord', account: 'main', address: { channel: '700' } };
const texts = (): readonly string[] => heard.map(({ mail }) => mail.text);

it('registers the commands for all servers and direct messages, in English and Chinese', async () => {
  await connection.commands?.(commandMenu, stopping.signal);
  expect(platform.commands().map(({ name }) => name)).toEqual(commandMenu.map(({ name }) => name));
  const model = platform.commands().find(({ name }) => name === 'model');
  expect(model).toMatchObject({ options: [{ type: 3, required: false }] });
  expect(model?.['description_localizations']).toEqual({ 'zh-CN': expect.stringMatching(/[\u4e00-\u9fff]/) });
});

it('hears a slash command, and shows it back to who wrote it alone', async () => {
  const id = platform.interact({ name: 'model', options: [{ name: 'value', type: 3, value: 'fast' }] });
  await eventually(() => expect(platform.interactions.get(id)).toBeDefined());
  expect(texts()).toEqual(['/model fast']);
  expect(platform.interactions.get(id)).toMatchObject({ type: 4, data: { content: '`/model fast`', flags: 64 } });
});

it('shows choices as buttons, and a press is heard as its text', async () => {
  const choices = ['a', 'b', 'c', 'd', 'e', 'f'].map((label) => ({ label, text: `/model ${label}` }));
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
  for (const out of renderReply(discord, { render }, reply)) await connection.send?.(out, route, 'k', stopping.signal);
  const [row, last] = platform.sent.at(-1)?.buttons ?? [];
  expect([row?.length, last?.length]).toEqual([5, 1]);
  const id = platform.interact({ custom_id: last?.[0]?.custom_id, component_type: 2 });
  await eventually(() => expect(platform.interactions.get(id)).toEqual({ type: 6 }));
  expect(texts().at(-1)).toBe('/model f');
});

it('hears again a command that could not be made durable, and does not say before that it was heard', async () => {
  refusals = 1;
  const before = platform.interactions.size;
  const id = platform.interact({ name: 'stop' });
  await eventually(() => expect(texts().at(-1)).toBe('/stop'), { timeoutMs: 10_000 });
  await eventually(() => expect([...platform.interactions.keys()].slice(before)).toEqual([id]));
});
