import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// oxlint-disable-next-line no-restricted-imports -- that time passes is the fault itself
import { setTimeout as passes } from 'node:timers/promises';
import { findRedisServer } from '@queueclaw/testing';
import { startGuarded } from '../../packages/testing/src/guarded-process.js';
import { Redis } from 'ioredis';

/** A Redis that can die and come back, with what it kept. */
export type RedisProcess = {
  readonly url: string;
  /** SIGKILL: no farewell, no last write. `amnesia`: its files are gone too, as with a volume that nobody configured. */
  kill(amnesia?: boolean): Promise<void>;
  start(): Promise<void>;
  freeze(ms: number): Promise<void>;
  command(name: string, ...args: readonly string[]): Promise<unknown>;
  stop(): Promise<void>;
};

/** Starts one on a Unix socket of its own. */
export async function startRedisProcess(): Promise<RedisProcess> {
  const program = findRedisServer(process.env);
  if (program === undefined) throw new Error('No Redis to test with: run "node scripts/bootstrap.mjs".');
  const home = await mkdtemp(join(tmpdir(), 'queueclaw-chaos-redis-'));
  const socket = join(home, 'redis.sock');
  const data = join(home, 'data');
  let release: (() => Promise<void>) | undefined;
  const start = async (): Promise<void> => {
    await mkdir(data, { recursive: true });
    release = await startGuarded({
      command: [
        ...([program, '--dir', data, '--unixsocket', socket, '--unixsocketperm', '700', '--port', '0'] as const),
        ...['--daemonize', 'no', '--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'],
        ...['--maxmemory-policy', 'noeviction', '--loglevel', 'notice'],
      ],
      folder: await mkdtemp(join(tmpdir(), 'queueclaw-chaos-guard-')),
      ready: /ready to accept connections/i,
      failed: /# (Fatal|FATAL|Failed)|not found|error while loading|Bad directive/i,
    });
  };
  const ask = async <T>(work: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = new Redis(socket, { maxRetriesPerRequest: 1 });
    redis.on('error', () => undefined);
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  };
  const pid = (): Promise<number> =>
    ask(async (redis) => Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1] ?? 0));
  await start();
  return {
    url: `unix://${socket}`,
    kill: async (amnesia = false) => {
      process.kill(await pid(), 'SIGKILL');
      await release?.();
      if (amnesia) await rm(data, { recursive: true, force: true });
    },
    start,
    freeze: async (ms) => {
      const id = await pid();
      process.kill(id, 'SIGSTOP');
      await passes(ms);
      process.kill(id, 'SIGCONT');
    },
    command: (name, ...args) => ask((redis) => redis.call(name, ...args)),
    stop: async () => {
      await release?.();
      await rm(home, { recursive: true, force: true });
    },
  };
}
