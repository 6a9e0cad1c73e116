import { AppError, type Reply } from '@queueclaw/contracts';
import { eventually, type FakeDiscord, startFakeDiscord } from '@queueclaw/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import type { ChannelDoor, Connection, Incoming, ListenedPart } from '../contract.js';
import { createLanes } from '../lanes.js';
import { DiscordConfig } from './config.js';
import { connect } from './connect.js';
import { Message } from './message.js';
import { parse } from './parse.js';
import { render } from './render.js';

let platform: FakeDiscord;
beforeAll(async () => {
  platform = await startFakeDiscord();
});
afterAll(() => platform.close());

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  platform.forget();
});

const configOf = (more: Record<string, unknown> = {}): DiscordConfig =>
  DiscordConfig.parse({ token: platform.token, api_root: platform.url, ...more });

type Line = { connection: Connection; received: string[]; troubles: (string | undefined)[]; stop: () => Promise<void> };
const kept = { text: undefined as string | undefined };

/** A bot that listens; `fail` makes the door refuse that many times. */
async function call(config: DiscordConfig = configOf(), notes = { ...kept }, fail = 0): Promise<Line> {
  const stopping = new AbortController();
  const received: string[] = [];
  const troubles: (string | undefined)[] = [];
  let left = fail;
  const lanes = createLanes(10);
  const door: ChannelDoor = {
    account: 'main',
    signal: stopping.signal,
    notes: { read: async () => notes.text, write: async (text) => void (notes.text = text) },
    trouble: (sentence) => void troubles.push(sentence),
    receive: (payload) =>
      lanes.run('one', async () => {
        if ((left -= 1) >= 0) throw new AppError('system.unavailable');
        received.push(Message.parse(payload).content);
      }),
  };
  const connection = await connect(config, door);
  const before = platform.listeners();
  const listening = connection.listen?.(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await listening;
    await connection.stop();
  };
  ends.push(stop);
  await eventually(() => expect(platform.listeners()).toBeGreaterThan(before), { timeoutMs: 15_000 });
  return { connection, received, troubles, stop };
}

describe('listening', () => {
  it('receives in order', async () => {
    const { received } = await call();
    for (const text of ['one', 'two', 'three']) platform.say(text);
    await eventually(() => expect(received).toEqual(['one', 'two', 'three']));
  });

  it('hears after a break what was said during it', async () => {
    const { received } = await call();
    platform.say('before');
    await eventually(() => expect(received).toEqual(['before']));
    platform.cut();
    platform.say('during');
    await eventually(() => expect(received).toEqual(['before', 'during']), { timeoutMs: 10_000 });
  });

  it('lets the next listener go on where the last one ended, whatever was said in between', async () => {
    const notes = { ...kept };
    const first = await call(configOf(), notes);
    platform.say('to the first');
    await eventually(() => expect(first.received).toEqual(['to the first']));
    await first.stop();
    platform.say('to nobody');
    const second = await call(configOf(), notes);
    platform.say('to the second');
    await eventually(() => expect(second.received).toEqual(['to nobody', 'to the second']));
    expect(platform.resumed()).toBeGreaterThan(0);
  });

  it('hears again what could not be made durable', async () => {
    const { received, troubles } = await call(configOf(), { ...kept }, 1);
    platform.say('first');
    platform.say('second');
    await eventually(() => expect(received).toEqual(['first', 'second']), { timeoutMs: 10_000 });
    expect(troubles.some((sentence) => sentence !== undefined)).toBe(true);
  });

  it('begins a new session when the old one is gone', async () => {
    const notes = { ...kept };
    const first = await call(configOf(), notes);
    platform.say('a');
    await eventually(() => expect(first.received).toEqual(['a']));
    await first.stop();
    platform.forget();
    const second = await call(configOf(), notes);
    platform.say('b');
    await eventually(() => expect(second.received).toEqual(['b']), { timeoutMs: 15_000 });
  });

  it('comes back after Discord has refused the session, and says so meanwhile', async () => {
    platform.refuseNext(4_014);
    const { received, troubles } = await call();
    platform.say('after all');
    await eventually(() => expect(received).toEqual(['after all']), { timeoutMs: 15_000 });
    expect(troubles.some((sentence) => sentence !== undefined)).toBe(true);
  });

  it('does not connect with a wrong token, and does not tell it', async () => {
    const wrong = call(configOf({ token: 'a-wrong-token-of-twenty' }));
    await expect(wrong).rejects.toMatchObject({
      code: 'channel.failed',
      publicMessage: 'Discord: 401 401: Unauthorized',
    });
  });
});

describe('sending', () => {
  const route = { channel: 'discord', account: 'main', address: { channel: '700', message: '12' } };
  const send = async ({ connection }: Line, text: string, key = text): Promise<void> => {
    const reply: Reply = { v: 1, id: 'r1', turn: 1, text, answers: [], status: 'answered', route, at: 0 };
    for (const [part, out] of render(reply).entries())
      await connection.send?.(out, route, `${key}/${part}`, new AbortController().signal);
  };

  it('sends an answer to the message, in parts that Discord takes', async () => {
    const line = await call();
    await send(line, 'word '.repeat(900).trim());
    const parts = platform.sent.filter(({ channel }) => channel === '700');
    expect(parts.map(({ answers }) => answers)).toEqual(['12', '12', '12']);
    expect(parts.map(({ text }) => text).join(' ')).toBe('word '.repeat(900).trim());
  });

  it('does not send again what Discord took before the line broke', async () => {
    const line = await call();
    platform.next('cut after accepting');
    await expect(send(line, 'once')).rejects.toMatchObject({ code: 'channel.failed' });
    await send(line, 'once');
    expect(platform.sent.filter(({ text }) => text === 'once')).toHaveLength(1);
  });

  test.each([
    [{ status: 502, body: {} }, 'channel.failed'],
    [{ status: 403, body: { code: 50_001, message: 'Missing Access' } }, 'channel.rejected'],
    [{ status: 404, body: { code: 10_003, message: 'Unknown Channel' } }, 'channel.rejected'],
  ] as const)('tells what to do about %j', async (mishap, code) => {
    const line = await call();
    platform.next(mishap);
    await expect(send(line, JSON.stringify(mishap))).rejects.toMatchObject({ code });
  });

  it('waits as long as Discord says', async () => {
    const line = await call();
    platform.next({ status: 429, body: { message: 'slow down', retry_after: 7, global: false }, retryAfter: 7 });
    const refused: unknown = await send(line, 'slow').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'channel.failed' });
    expect((refused as AppError).retryAfterMs).toBeGreaterThan(6_000);
  });
});

test('says of a message where it stands, and in servers whether it mentions the bot or answers it', () => {
  const said = (more: Record<string, unknown>): readonly Incoming[] =>
    parse(
      { id: '1', channel_id: '5', author: { id: '4711', username: 'ada' }, content: 'x', ...more },
      { account: 'main', self: '1', newId: () => 'x' },
    );
  const inServer = { guild_id: '77' };
  const place = { kind: 'group', id: '5', within: '77' };
  expect(said({})).toMatchObject([{ place: { kind: 'direct', id: '5' }, addressed: true }]);
  expect(said(inServer)).toMatchObject([{ place, addressed: false }]);
  const mention = { ...inServer, mentions: [{ id: '1', username: 'claw' }] };
  expect(said(mention)).toMatchObject([{ place, addressed: true }]);
  expect(said({ ...inServer, referenced_message: { author: { id: '1' } } })).toMatchObject([
    { place, addressed: true },
  ]);
  expect(said({ author: { id: '2', bot: true } })).toEqual([]);
});

describe('a bot in many servers', () => {
  /** Two servers, of the first and the second of two connections. */
  const [here, there] = ['4194304', '8388608'].map((guild_id) => ({ guild_id })).toReversed();
  const partOf = (name: string, notes = { ...kept }): ListenedPart => ({
    name,
    notes: { read: async () => notes.text, write: async (text) => void (notes.text = text) },
  });

  it('has as many connections as Discord recommends, or as it is told', async () => {
    const large = await startFakeDiscord({ shards: 2 });
    const parts = async (more: Record<string, unknown>): Promise<readonly string[] | undefined> => {
      const door = { ...silentDoor(), signal: new AbortController().signal };
      const connection = await connect(configOf({ api_root: large.url, ...more }), door);
      await connection.stop();
      return connection.parts;
    };
    expect(await parts({})).toEqual(['0-of-2', '1-of-2']);
    expect(await parts({ shards: 3 })).toEqual(['0-of-3', '1-of-3', '2-of-3']);
    expect(await parts({ shards: 1 })).toBeUndefined();
    expect(DiscordConfig.safeParse({ ...configOf(), shards: 257 }).success).toBe(false);
    await large.close();
  });

  it('hears on each what is of it, and goes on with each where another process ended', async () => {
    const large = await startFakeDiscord({ shards: 2 });
    const received: string[] = [];
    const door: ChannelDoor = {
      ...silentDoor(),
      receive: async (payload) => void received.push(Message.parse(payload).content),
    };
    const connection = await connect(configOf({ api_root: large.url }), door);
    const notes = { ...kept };
    const [first, second] = [new AbortController(), new AbortController()];
    const running: (Promise<void> | undefined)[] = [
      connection.listen?.(first.signal, partOf('0-of-2')),
      connection.listen?.(second.signal, partOf('1-of-2', notes)),
    ];
    await eventually(() => expect(large.shards()).toEqual(['0/2', '1/2']), { timeoutMs: 15_000 });
    large.say('alone');
    large.say('here', here);
    large.say('there', there);
    await eventually(() => expect(received.toSorted()).toEqual(['alone', 'here', 'there']));
    second.abort();
    await running[1];
    large.say('there, to nobody', there);
    const third = new AbortController();
    running.push(connection.listen?.(third.signal, partOf('1-of-2', notes)));
    await eventually(() => expect(received).toContain('there, to nobody'));
    expect(large.resumed()).toBe(1);
    for (const lease of [first, third]) lease.abort();
    for (const one of running) await one;
    await connection.stop();
    await large.close();
  });
});

function silentDoor(): ChannelDoor {
  return {
    account: 'main',
    signal: new AbortController().signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: () => undefined,
    receive: async () => undefined,
  };
}
