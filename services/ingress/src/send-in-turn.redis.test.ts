import type { Channel } from '@queueclaw/channels';
import { AppError, keys, type Route } from '@queueclaw/contracts';
import { openSendGate, openShards, type SendGate } from '@queueclaw/mailbox';
import { connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { sendInTurn, type Turn } from './send-in-turn.js';
import { overdue } from './until-aborted.js';

const never = new AbortController().signal;
let redis: Redis;
let namespace = '';
let gates: readonly SendGate[];
beforeAll(async () => void (redis = connectRedis(await sharedRedis(), 'command', () => undefined)));
afterAll(() => redis.disconnect());
beforeEach(() => {
  namespace = uniqueNamespace();
  gates = [1, 2].map(() => openSendGate(openShards({ namespace, shards: 1 }, redis)));
});

const channel = {
  name: 'pigeon',
  capabilities: {
    rates: {
      account: [{ most: 100, seconds: 1 }],
      chat: [{ most: 3, seconds: 60 }],
      group: { prefix: '-', rates: [{ most: 2, seconds: 60 }] },
      chatIn: ['room', 'chat'],
    },
  },
} as unknown as Channel;
const turn = (chat: string, more: Partial<Turn> = {}): Turn => ({
  ...{ gate: gates[0], channel, conversation: 'c1', before: false, signal: never },
  to: { channel: 'pigeon', address: { chat } } satisfies Route,
  ...more,
});
const sends = async (times: number, of: (at: number) => Turn): Promise<string[]> => {
  const told: string[] = [];
  for (let at = 0; at < times; at += 1)
    told.push(
      await sendInTurn(of(at), async () => 'sent').catch((error: unknown) =>
        error instanceof AppError && error.retryAfterMs !== undefined ? error.code : 'another error',
      ),
    );
  return told;
};

it('keeps what a chat, a group and an account take, of all replicas together', async () => {
  const by = (chat: string) => (at: number) => turn(chat, { gate: gates[at % 2] });
  expect(await sends(4, by('7'))).toEqual(['sent', 'sent', 'sent', 'channel.slow']);
  expect(await sends(3, by('-7'))).toEqual(['sent', 'sent', 'channel.slow']);
  expect(await sends(1, () => turn('7', { to: { channel: 'pigeon', address: { chat: '7', room: 'r' } } }))).toEqual([
    'sent',
  ]);
  expect(
    await sends(1, () => turn('7', { to: { channel: 'pigeon', account: 'second', address: { chat: '7' } } })),
  ).toEqual(['sent']);
  expect(await sends(9, () => turn('7', { gate: undefined }))).not.toContain('channel.slow');
});

it('waits in its place when its turn comes soon', async () => {
  const rates = { account: [{ most: 1, seconds: 1 }], chat: [], chatIn: ['chat'] };
  const one = { ...channel, capabilities: { ...channel.capabilities, rates } };
  const [seconds] = await redis.time();
  expect(await sends(2, (at) => turn(String(at), { channel: one }))).toEqual(['sent', 'sent']);
  const last = await redis.lindex(keys.sender(namespace, 'pigeon/main', 'sends'), 0);
  expect(Number(last) - Number(seconds) * 1_000).toBeGreaterThanOrEqual(1_000);
});

it('is not sent when it would have to wait and must not', async () => {
  const chat = { account: [], chat: [{ most: 1, seconds: 1 }], chatIn: ['chat'] };
  const account = { account: [{ most: 1, seconds: 1 }], chat: [], chatIn: ['chat'] };
  for (const [name, rates] of Object.entries({ chat, account })) {
    const one = { name, capabilities: { ...channel.capabilities, rates } };
    expect(await sends(2, () => turn('7', { channel: one, waits: false }))).toEqual(['sent', 'channel.slow']);
  }
});

it('tells what a platform did that never answers, and nothing when we are stopped', async () => {
  const hangs = (why: unknown, chat: string): Promise<unknown> => {
    const aborting = new AbortController();
    const sending = sendInTurn(turn(chat, { signal: aborting.signal }), () => {
      aborting.abort(why);
      return new Promise(() => undefined);
    });
    return expect(sending).rejects.toMatchObject({ code: 'channel.failed' });
  };
  for (const chat of ['1', '2', '3', '4', '5', '6']) await hangs(undefined, chat);
  expect(await sends(1, () => turn('8'))).toEqual(['sent']);
  for (const chat of ['1', '2', '3', '4', '5']) await hangs(overdue, chat);
  expect(await sends(1, () => turn('9', { gate: gates[1] }))).toEqual(['channel.down']);
});
