import { AppError } from '@queueclaw/contracts';
import { eventually, type FakeSlack, startFakeSlack } from '@queueclaw/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Connection, Incoming } from '../contract.js';
import { SlackConfig } from './config.js';
import { connect } from './connect.js';
import { parse } from './parse.js';

let platform: FakeSlack;
let heard: Incoming[];
let troubles: (string | undefined)[];
let refusals: number;
let stopping: AbortController;
let listening: Promise<void> | undefined;

const open = (more: object = {}): Promise<Connection> =>
  connect(
    SlackConfig.parse({
      ...{ bot_token: platform.token, signing_secret: platform.secret, api_root: platform.url },
      ...{ app_token: platform.appToken, ...more },
    }),
    {
      account: 'main',
      signal: stopping.signal,
      notes: { read: async () => undefined, write: async () => undefined },
      trouble: (sentence) => void troubles.push(sentence),
      receive: async (payload) => {
        if (refusals > 0) {
          refusals -= 1;
          throw new AppError('system.unavailable');
        }
        heard.push(...parse(payload, { account: 'main', self: platform.self, newId: () => 'x' }));
      },
    },
  );
const listen = async (more: object = {}): Promise<void> => {
  listening = (await open(more)).listen?.(stopping.signal);
};
const texts = (): readonly string[] => heard.map(({ mail }) => mail.text);
const listened = (count = 1): Promise<void> => eventually(() => expect(platform.listeners()).toBe(count));

beforeAll(async () => {
  platform = await startFakeSlack();
});
afterAll(() => platform.close());
beforeEach(() => {
  [heard, troubles, refusals, stopping] = [[], [], 0, new AbortController()];
});
afterEach(async () => {
  stopping.abort();
  await listening;
  await listened(0);
});

it('hears messages, the slash command and buttons as the webhook does, and takes no calls besides', async () => {
  await listen();
  await listened();
  expect((await open()).webhook).toBeUndefined();
  expect([await platform.say('hello'), await platform.command('stop'), await platform.press('/queue steer')]).toEqual([
    ...[200, 200, 200],
  ]);
  expect(texts()).toEqual(['hello', '/stop', '/queue steer']);
  expect(heard[0]?.mail.from).toEqual({ id: 'U4711', name: 'Ada' });
});

it('is brought again what could not be made durable, by the same id', async () => {
  await listen();
  await listened();
  refusals = 2;
  expect(await platform.say('hello')).toBe(200);
  expect(texts()).toEqual(['hello']);
  expect(troubles.at(-1)).toBeUndefined();
});

it.each([true, false])('comes back after Slack hung up (politely: %s)', async (politely) => {
  await listen();
  await listened();
  platform.hangUp(politely);
  const said = platform.say('after');
  expect(await said).toBe(200);
  expect(texts()).toEqual(['after']);
});

it('comes back after an envelope that nobody can read', async () => {
  await listen();
  await listened();
  platform.frame({ envelope_id: 'x', type: 'events_api', payload: {} });
  platform.frame({ envelope_id: 'y', type: 'events_api' });
  await listened(0);
  await listened();
  expect(await platform.say('after')).toBe(200);
  expect(texts()).toEqual(['after']);
});

it('says what is wrong with the app token without telling it, and goes on trying', async () => {
  const wrong = 'xapp-a-wrong-one';
  await listen({ app_token: wrong });
  await eventually(() => expect(troubles.length).toBeGreaterThan(1));
  expect(new Set(troubles)).toEqual(new Set(['Slack: invalid_auth.']));
});
