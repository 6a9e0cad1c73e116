import { connectRedis } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import { allAnswered } from '../answered.ts';
import { startChild } from '../child.ts';
import { openFleet } from '../services.ts';

type Accepts = { accepted: number; refused: number };
const conversations = 100_000;
const dayMs = 86_400_000;

/**
 * What Redis keeps of a conversation in which one short message was answered: at once, an hour later (its live stream is
 * gone) and a day later (its message's id is forgotten). Time is not waited for: what would have expired by then is expired.
 */
export async function idle(): Promise<Record<string, number>> {
  const fleet = await openFleet();
  const redis = connectRedis(fleet.redisUrl, 'blocking', () => undefined);
  try {
    await Promise.all([fleet.start('ingress'), fleet.start('agent')]);
    const load = await startChild('load/accepts.ts', []);
    const accept = (most: number): Promise<Accepts> =>
      load.child.ask({ port: fleet.port, path: '/api/message', connections: 100, ms: 170_000, fresh: true, most });
    const warm = await accept(1_000);
    await allAnswered(fleet.redisUrl, fleet.namespace, warm.accepted);
    const before = await usedBytes(redis);
    const { accepted } = await accept(conversations);
    await allAnswered(fleet.redisUrl, fleet.namespace, warm.accepted + accepted);
    await load.child.stop();
    const each = async (): Promise<number> => ((await usedBytes(redis)) - before) / accepted;
    const kinds = await bytesByKind(redis, fleet.namespace);
    const fresh = await each();
    await expireWithin(redis, dayMs / 24);
    const hour = await each();
    await expireWithin(redis, dayMs);
    return {
      idle_conversation_bytes: fresh,
      idle_conversation_bytes_after_hour: hour,
      idle_conversation_bytes_after_day: await each(),
      ...kinds,
    };
  } finally {
    redis.disconnect();
    await fleet.stop();
  }
}

async function usedBytes(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1] ?? Number.NaN);
}

/** Calls `work` with all keys, some thousands at a time. */
async function eachPage(redis: Redis, work: (keys: readonly string[]) => Promise<void>): Promise<void> {
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'COUNT', 5_000);
    cursor = next;
    await work(found);
  } while (cursor !== '0');
}

/** Expires everything that has no more than so many milliseconds to live. */
async function expireWithin(redis: Redis, ms: number): Promise<void> {
  await eachPage(redis, async (keys) => {
    const asked = redis.pipeline();
    for (const key of keys) asked.pttl(key);
    const answers = (await asked.exec()) ?? [];
    const gone = keys.filter((_, at) => {
      const left = Number(answers[at]?.[1]);
      return left > 0 && left <= ms;
    });
    if (gone.length > 0) await redis.unlink(...gone);
  });
}

/** The mean of a conversation's keys by kind, as Redis accounts for them without its own tables. */
async function bytesByKind(redis: Redis, namespace: string): Promise<Record<string, number>> {
  const sums = new Map<string, { bytes: number; count: number }>();
  await eachPage(redis, async (keys) => {
    const sample = keys.filter((_, at) => at % 50 === 0);
    const asked = redis.pipeline();
    for (const key of sample) asked.call('MEMORY', 'USAGE', key, 'SAMPLES', '0');
    const answers = (await asked.exec()) ?? [];
    for (const [at, key] of sample.entries()) {
      const kind = kindOf(key, `{${namespace}0}:t:default:`);
      if (kind === undefined) continue;
      const sum = sums.get(kind) ?? { bytes: 0, count: 0 };
      sums.set(kind, { bytes: sum.bytes + Number(answers[at]?.[1]), count: sum.count + 1 });
    }
  });
  return Object.fromEntries([...sums].map(([kind, { bytes, count }]) => [`idle_${kind}_bytes`, bytes / count]));
}

const kindOf = (key: string, tenant: string): string | undefined => {
  if (!key.startsWith(tenant)) return undefined;
  const name = key.slice(tenant.length);
  if (name.startsWith('live:')) return 'live';
  if (name.startsWith('m:')) return 'record';
  const [, kind, part] = /^(messages|replies):.*:(\w\w)$/.exec(name) ?? [];
  return kind === undefined ? undefined : `${kind}_${part}`;
};
