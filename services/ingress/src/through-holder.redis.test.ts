import type { Connection } from '@queueclaw/channels';
import { AppError } from '@queueclaw/contracts';
import { type HolderLine, openHolderLine, openShards } from '@queueclaw/mailbox';
import { connectRedis } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it, test } from 'vitest';
import { type OpenFile, throughHolder } from './through-holder.js';

const connections: Redis[] = [];
const space = { namespace: uniqueNamespace(), shards: 1 };
const route = { channel: 'pigeon', account: 'main', address: { chat: '7' } };
const never = new AbortController().signal;
let lines: HolderLine[] = [];
let serial = 0;
const endings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const url = await sharedRedis();
  lines = [0, 1].map(() => {
    const redis = connectRedis(url, 'command', () => undefined);
    connections.push(redis);
    return openHolderLine(openShards(space, redis), () => connectRedis(url, 'subscriber', () => undefined));
  });
});
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});
afterAll(() => {
  for (const line of lines) line.close();
  for (const redis of connections) redis.disconnect();
});

/** The store that all replicas share. */
const openFile: OpenFile = async function* ({ id, size }) {
  yield await Promise.resolve(Buffer.from(`${id.slice(-3)} of ${size}`));
};

/** Two replicas with the same account; the first one listens once it is told to. */
const replicas = (): {
  readonly sent: string[];
  readonly name: string;
  fail(error: AppError | undefined): void;
  holder: Connection;
  other: Connection;
  listen(): () => Promise<unknown>;
} => {
  const sent: string[] = [];
  const name = `pigeon/${(serial += 1)}`;
  let failure: AppError | undefined;
  const [holder, other] = lines.map((line, at) =>
    throughHolder(
      {
        send: async ({ text, body, file }, to, key) => {
          if (failure !== undefined) throw failure;
          let bytes = '';
          for await (const piece of file?.open() ?? []) bytes += Buffer.from(piece).toString();
          if (file !== undefined) return void sent.push(`${at}: ${file.name} ${file.type} ${bytes} ${key}`);
          sent.push(`${at}: ${text} ${JSON.stringify(body)} ${to.address?.['chat']} ${key}`);
          return `id of ${text}`;
        },
        edit: async (id, { text }) => {
          if (failure !== undefined) throw failure;
          sent.push(`${at}: ${id} is ${text} now`);
        },
        listen: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
        stop: async () => undefined,
      },
      { line, name, onError: () => undefined, openFile },
    ),
  );
  if (holder === undefined || other === undefined) throw new Error('no replicas');
  const listen = (): (() => Promise<unknown>) => {
    const lease = new AbortController();
    const listening = holder.listen?.(lease.signal);
    const end = async (): Promise<unknown> => {
      lease.abort();
      return listening;
    };
    endings.push(end);
    return end;
  };
  return { sent, name, fail: (error) => void (failure = error), holder, other, listen };
};
const send = async (by: Connection, text: string, signal = never): Promise<void> =>
  void (await by.send?.({ text, body: { first: true } }, route, `key/${text}`, signal));

it('tells what the platform calls a message, and changes it, by the process that listens', async () => {
  const { sent, holder, other, listen, fail } = replicas();
  listen();
  const out = { text: 'half', growing: true as const };
  await eventually(async () => expect(await other.send?.(out, route, 'key', never)).toBe('id of half'));
  for (const by of [holder, other]) await by.edit?.('id of half', { text: 'whole' }, route, never);
  expect(sent.slice(-2)).toEqual(['0: id of half is whole now', '0: id of half is whole now']);
  fail(new AppError('channel.rejected'));
  const refused = other.edit?.('id of half', { text: 'late' }, route, never);
  await expect(refused).rejects.toMatchObject({ code: 'channel.rejected' });
});

it('sends by the process that listens, whoever is told to send', async () => {
  const { sent, holder, other, listen } = replicas();
  const end = listen();
  await send(holder, 'own');
  await eventually(() => send(other, 'for another'));
  expect(sent).toEqual(['0: own {"first":true} 7 key/own', '0: for another {"first":true} 7 key/for another']);
  await end();
  for (const by of [holder, other])
    await expect(send(by, 'to nobody')).rejects.toMatchObject({ code: 'channel.failed' });
  expect(sent).toHaveLength(2);
});

it('a file goes by its id: who listens reads it where it is kept', async () => {
  const { sent, holder, other, listen } = replicas();
  listen();
  const about = { id: `sha256-${'0'.repeat(64)}`, name: '报告.pdf', type: 'application/pdf', size: 7 };
  const file = { ...about, open: () => openFile({ ...about, size: 8 }) };
  await holder.send?.({ text: '', file }, route, 'own', never);
  await eventually(() => other.send?.({ text: '', file }, route, 'other', never));
  expect(sent).toEqual(['0: 报告.pdf application/pdf 000 of 8 own', '0: 报告.pdf application/pdf 000 of 7 other']);
  const nowhere = { ...file, id: '../../etc/passwd' };
  await expect(other.send?.({ text: '', file: nowhere }, route, 'x', never)).rejects.toMatchObject({
    code: 'channel.failed',
  });
});

test.each([
  [new AppError('channel.rejected', { publicMessage: 'gone' }), 'channel.rejected', 'gone', undefined],
  [new AppError('channel.failed', { publicMessage: 'slow', retryAfterMs: 7 }), 'channel.failed', 'slow', 7],
] as const)('tells what went wrong as it was: %s', async (error, code, publicMessage, retryAfterMs) => {
  const { fail, other, listen } = replicas();
  listen();
  await eventually(() => send(other, 'x'));
  fail(error);
  await expect(send(other, 'y')).rejects.toMatchObject({ code, publicMessage, retryAfterMs });
});

it('does not send what nobody waits for any more', async () => {
  const { sent, name, listen } = replicas();
  listen();
  const ask = (until: number): Promise<unknown> =>
    lines[1]?.ask(name, { out: { text: 'x' }, to: route, key: 'k', until }, never) ?? Promise.resolve();
  const answer = await eventually(async () => {
    const told = await ask(Date.now() - 1);
    expect(told).toBeDefined();
    return told;
  });
  expect([answer, sent]).toEqual([{ failure: expect.objectContaining({ code: 'channel.failed' }) }, []]);
  await ask(Date.now() + 60_000);
  expect(sent).toHaveLength(1);
});

it('gives up with its signal', async () => {
  const { other, listen } = replicas();
  listen();
  await eventually(() => send(other, 'x'));
  await expect(send(other, 'y', AbortSignal.abort())).rejects.toMatchObject({ code: 'channel.failed' });
});

it('leaves a connection alone that does not listen or send', () => {
  const [line] = lines;
  if (line === undefined) throw new Error('no line');
  const deaf: Connection = { send: async () => undefined, stop: async () => undefined };
  expect(throughHolder(deaf, { line, name: 'n', onError: () => undefined })).toBe(deaf);
});
