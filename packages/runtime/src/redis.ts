import { AppError } from '@queueclaw/contracts';
import { Redis, type RedisOptions } from 'ioredis';

/**
 * What a connection is for. `command` fails a call fast when Redis is away (a request must get its 503); `blocking` waits
 * for ever, as workers and stream readers must; `subscriber` resubscribes after a reconnect.
 */
export type RedisRole = 'command' | 'blocking' | 'subscriber';

type Options = Omit<RedisOptions, 'replyMapping'>;

const retryDelayMs = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);

const roleOptions: Readonly<Record<RedisRole, Options>> = {
  command: { maxRetriesPerRequest: 1, commandTimeout: 10_000, enableOfflineQueue: true },
  blocking: { maxRetriesPerRequest: null },
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: true },
};

/**
 * Connects to `redis://`, `rediss://` or `unix:///path?db=n`. Connects in the background and reconnects for ever;
 * errors go to `onError` (required, since ioredis crashes the process without a listener).
 */
export function connectRedis(url: string, role: RedisRole, onError: (error: Error) => void): Redis {
  const options: Options = { ...roleOptions[role], retryStrategy: retryDelayMs, enableAutoPipelining: false };
  const redis = url.startsWith('unix://') ? new Redis(unixOptions(url, options)) : new Redis(url, options);
  redis.on('error', onError);
  return redis;
}

const unixOptions = (url: string, options: Options): Options => {
  const parsed = new URL(url);
  return {
    ...options,
    path: decodeURIComponent(parsed.pathname),
    db: Number(parsed.searchParams.get('db') ?? 0),
    ...(parsed.username ? { username: decodeURIComponent(parsed.username) } : {}),
    ...(parsed.password ? { password: decodeURIComponent(parsed.password) } : {}),
  };
};

/** Scripts that may finish what is under way in a full Redis (`allow-oom`) need it. */
const redisMajorMin = 7;

/**
 * Refuses a Redis that may lose what was accepted.
 * @throws AppError `redis.unsafe` unless it is Redis 7 or newer, `maxmemory-policy` is `noeviction` and the append-only file is on.
 */
export async function assertSafeRedis(redis: Redis): Promise<void> {
  const version = /redis_version:((\d+)\S*)/.exec(await redis.info('server'));
  if (Number(version?.[2] ?? redisMajorMin) < redisMajorMin)
    throw new AppError('redis.unsafe', {
      publicMessage: `Redis ${version?.[1]} is too old: ${redisMajorMin} or newer is needed.`,
    });
  const memory = await redis.info('memory');
  const persistence = await redis.info('persistence');
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
  if (policy !== undefined && policy !== 'noeviction')
    throw new AppError('redis.unsafe', {
      publicMessage: `Redis evicts keys (maxmemory-policy ${policy}): set maxmemory-policy noeviction, or messages are lost.`,
    });
  if (!/aof_enabled:1/.test(persistence))
    throw new AppError('redis.unsafe', {
      publicMessage: 'Redis does not keep an append-only file: set appendonly yes, or accepted messages are lost.',
    });
}
