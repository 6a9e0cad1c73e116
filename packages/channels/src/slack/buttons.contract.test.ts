import { AppError, type Reply } from '@queueclaw/contracts';
import { type FakeSlack, startFakeSlack, startWebhookServer } from '@queueclaw/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Connection, Incoming } from '../contract.js';
import { renderReply } from '../render-reply.js';
import { SlackConfig } from './config.js';
import { connect } from './connect.js';
import { slack } from './index.js';
import { parse } from './parse.js';
import { render } from './render.js';

let platform: FakeSlack;
let connection: Connection;
let server: Awaited<ReturnType<typeof startWebhookServer>>;
let heard: Incoming[] = [];
let refuse: AppError | undefined;
const { signal } = new AbortController();

beforeAll(async () => {
  platform = await startFakeSlack();
  const config = SlackConfig.parse({
    ...{ bot_token: platform.token, signing_secret: platform.secret, api_root: platform.url },
  });
  connection = await connect(config, {
    account: 'main',
    signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: () => undefined,
    receive: async (payload) => {
      if (refuse !== undefined) throw refuse;
      heard.push(...parse(payload, { account: 'main', self: platform.self, newId: () => 'x' }));
    },
  });
  server = await startWebhookServer(async (call) => (await connection.webhook?.(call)) ?? { status: 500 });
  platform.callAt(server.url);
});
afterAll(async () => {
  await server.close();
  await platform.close();
});
beforeEach(() => {
  heard = [];
  refuse = undefined;
});

const texts = (): readonly string[] => heard.map(({ mail }) => mail.text);
const route = { channel: 'slack', account: 'main', address: { channel: 'C7', thread: '1.000100' } };

it('hears the slash command as a command, and answers Slack at once', async () => {
  expect([await platform.command('stop'), await platform.command('Model fast'), await platform.command('')]).toEqual([
    ...[200, 200, 200],
  ]);
  expect(texts()).toEqual(['/stop', '/Model fast', '/help']);
  expect(new Set(heard.map(({ mail }) => mail.id)).size).toBe(3);
});

it('shows choices as buttons, and a press is heard as its text where it stands', async () => {
  const choices = ['steer', 'default'].map((label) => ({ label, text: `/queue ${label}` }));
  const text = 'How? <!channel> '.repeat(190);
  const reply: Reply = { v: 1, id: 'r1', turn: 0, text, answers: [], status: 'answered', route, at: 0, choices };
  for (const out of renderReply(slack, { render }, reply)) await connection.send?.(out, route, 'key', signal);
  expect(platform.sent.at(-1)?.buttons).toEqual([
    { label: 'steer', value: '/queue steer' },
    { label: 'default', value: '/queue default' },
  ]);
  const where = { channel: { id: 'C7' }, message: { type: 'message', ts: '2.000100', thread_ts: '1.000100' } };
  expect(await platform.press('/queue steer', where)).toBe(200);
  expect(heard).toMatchObject([{ conversation: 'slack.main.C7.1~2e000100', mail: { text: '/queue steer' } }]);
});

it('hears nothing that is no command from a button', async () => {
  expect([await platform.press('delete everything'), await platform.press('/unknown')]).toEqual([200, 200]);
  expect(heard).toEqual([]);
});

it('believes no command and no press that Slack did not sign as it is, just now', async () => {
  const spoiled = [
    { secret: 'another secret of some length' },
    { age: 301 },
    { body: (form: string) => form.replace('stop', 'help') },
    { body: (form: string) => `${form}&text=stop` },
  ];
  for (const forgery of spoiled)
    expect([await platform.command('stop', {}, forgery), await platform.press('/stop', {}, forgery)]).toEqual([
      401, 401,
    ]);
  expect(heard).toEqual([]);
});

it('fails visibly for the person when the command could not be made durable', async () => {
  refuse = new AppError('system.unavailable');
  expect(await platform.command('stop')).toBe(503);
});
