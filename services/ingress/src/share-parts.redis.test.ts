import { readHolders, readParts, openShards, type Shards } from '@queueclaw/mailbox';
import { connectRedis, createLogger } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shareParts } from './share-parts.js';

let redis: Redis;
let shards: Shards;
beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
  shards = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis);
});
afterAll(() => redis.disconnect());

const logger = createLogger('ingress', 'silent');
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

/** A replica: what it listens to now, and its end. */
const replica = (
  name: string,
  parts: readonly string[] | undefined,
): { held: Set<string>; stop: () => Promise<void> } => {
  const held = new Set<string>();
  const options = { shards, name, parts, trouble: () => undefined, logger, onError: () => undefined };
  const stop = shareParts(options, async (signal, part) => {
    held.add(part?.name ?? 'all');
    await untilAborted(signal);
    held.delete(part?.name ?? 'all');
  });
  return { held, stop };
};

it('shares the parts of accounts among replicas, each held once, and all by who is left', async () => {
  const parts = ['0-of-4', '1-of-4', '2-of-4', '3-of-4'];
  const names = ['main', 'sales', 'help', 'staff'].map((account) => `pigeon/${account}`);
  const pairs = names.map((name) => [replica(name, parts), replica(name, parts)] as const);
  const held = (): string[][] => pairs.map(([a, b]) => [...a.held, ...b.held].toSorted());
  await eventually(() => expect(held()).toEqual(names.map(() => parts)), { timeoutMs: 10_000 });
  expect(pairs.some(([a, b]) => a.held.size > 0 && b.held.size > 0)).toBe(true);
  expect(await Promise.all(names.map((name) => readParts(shards, name)))).toEqual(names.map(() => parts));
  const all = names.flatMap((name) => parts.map((part) => `${name}/${part}`));
  expect((await readHolders(shards, all)).every((holder) => holder !== undefined)).toBe(true);
  await Promise.all(pairs.map(([a]) => a.stop()));
  await eventually(() => expect(pairs.map(([, b]) => [...b.held].toSorted())).toEqual(names.map(() => parts)), {
    timeoutMs: 10_000,
  });
  await Promise.all(pairs.map(([, b]) => b.stop()));
  expect(await readHolders(shards, all)).toEqual(all.map(() => undefined));
});

it('goes on with a part where its last listener ended', async () => {
  const name = 'pigeon/second';
  const options = { shards, name, parts: ['0-of-1'], trouble: () => undefined, logger, onError: () => undefined };
  const noted: (string | undefined)[] = [];
  for (const text of ['first', 'second']) {
    const stop = shareParts(options, async (signal, part) => {
      noted.push(await part?.notes.read());
      await part?.notes.write(text);
      await untilAborted(signal);
    });
    await eventually(() => expect(noted).toHaveLength(text === 'first' ? 1 : 2));
    await stop();
  }
  expect(noted).toEqual([undefined, 'first']);
});

it('says that an account is listened to as a whole, and refuses more parts than leases are kept of', async () => {
  const whole = replica('pigeon/whole', undefined);
  await eventually(() => expect([...whole.held]).toEqual(['all']));
  expect(await readParts(shards, 'pigeon/whole')).toEqual([]);
  await whole.stop();
  expect(() =>
    replica(
      'pigeon/many',
      Array.from({ length: 257 }, (_, at) => `${at}`),
    ),
  ).toThrow(RangeError);
});
