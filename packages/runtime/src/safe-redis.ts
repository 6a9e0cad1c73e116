import { AppError } from '@queueclaw/contracts';
import type { HealthCheck } from './health/health.js';
import type { Logger } from './logger.js';
import { assertSafeRedis, connectRedis } from './redis.js';

export type RedisGuard = {
  /** Resolves once Redis has answered and keeps what it accepts; rejects with `redis.unsafe`. Waits for ever. */
  readonly ready: Promise<void>;
  check(): Promise<HealthCheck>;
  close(): void;
};

const isDenied = (error: unknown): boolean => error instanceof Error && /^NOPERM/.test(error.message);
const hint = 'Another one is named with REDIS_URL or state.redis; ./queueclaw up brings one of its own.';

/** Where a Redis is, without user and password. */
const placeOf = (url: string): string => {
  const parsed = URL.parse(url);
  if (parsed === null) return 'not a URL';
  return parsed.host === '' || parsed.protocol === 'unix:' ? parsed.pathname : parsed.host;
};
const say = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Watches the Redis that a service relies on over a connection of its own: waits for it at the start and checks its safety
 * on every new connection, since a restart may bring another configuration.
 * @param onUnsafe called when a later connection finds a Redis that may lose messages
 */
export function guardRedis(url: string, logger: Logger, onUnsafe: (error: AppError) => void): RedisGuard {
  let trouble: string | undefined = 'connecting';
  let safe = false;
  let everAnswered = false;
  const settled = Promise.withResolvers<void>();
  settled.promise.catch(() => undefined);
  const note = (error: unknown): void => {
    const text = say(error);
    const what = `Redis (${placeOf(url)}) does not answer; waiting for it.`;
    if (trouble !== text) logger.warn({ reason: text }, everAnswered ? what : `${what} ${hint}`);
    trouble = text;
  };
  const redis = connectRedis(url, 'command', note);
  const verify = async (): Promise<void> => {
    try {
      await redis.ping();
      await assertSafeRedis(redis);
    } catch (error) {
      // A restricted user (the tool-runner's) may not ask; the other services do.
      if (!isDenied(error)) return fail(error);
    }
    if (trouble !== undefined) logger.info('Redis answers');
    trouble = undefined;
    safe = true;
    everAnswered = true;
    settled.resolve();
  };
  const fail = (error: unknown): void => {
    safe = false;
    if (!(error instanceof AppError)) return note(error);
    trouble = error.publicMessage;
    settled.reject(error);
    onUnsafe(error);
  };
  redis.on('ready', () => void verify());
  redis.on('close', () => {
    safe = false;
    trouble ??= 'the connection is closed';
  });
  const check = async (): Promise<HealthCheck> => {
    if (!safe) return { ok: false, detail: trouble ?? 'not checked yet' };
    await redis.ping();
    return { ok: true };
  };
  return { ready: settled.promise, check, close: () => redis.disconnect() };
}
