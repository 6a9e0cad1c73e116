import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGuarded } from './guarded-process.js';
import { findRedisServer } from './redis-server.js';

/** Settings of a test server: memory limit in bytes, eviction policy, append-only file. */
export type TestRedisOptions = { maxmemory?: number; policy?: string; appendonly?: boolean };

/** A running test server. `url` is `unix://...` (`redis://...` in Docker); `stop` resolves once it and its files are gone. */
export type TestRedis = { url: string; stop(): Promise<void> };

/**
 * Starts an empty Redis of its own, by default with the append-only file and `noeviction` as production demands. It
 * listens on a Unix socket in a private folder and dies with this process, even by SIGKILL. Without a local server it
 * uses Docker; throws with the options when neither is there.
 */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const program = findRedisServer(process.env);
  return program ? startLocal(program, options) : startContainer(options);
}

let shared: Promise<TestRedis> | undefined;

/** The address of one server for the whole test process: started at the first call, stopped when the process ends. */
export async function sharedRedis(): Promise<string> {
  shared ??= startRedis();
  return (await shared).url;
}

async function startLocal(program: string, options: TestRedisOptions): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'queueclaw-redis-'));
  const socket = join(folder, 'redis.sock');
  const place = ['--dir', folder, '--unixsocket', socket, '--unixsocketperm', '700', '--port', '0'];
  const stop = await startGuarded({
    command: [program, ...place, ...settings(options)],
    folder,
    ready: /ready to accept connections/i,
    failed: /# (Fatal|FATAL|Failed)|not found|error while loading|Bad directive/i,
  });
  return { url: `unix://${socket}`, stop };
}

const settings = (options: TestRedisOptions): string[] => [
  ...['--daemonize', 'no', '--save', '', '--loglevel', 'notice'],
  ...['--appendonly', (options.appendonly ?? true) ? 'yes' : 'no'],
  ...['--maxmemory-policy', options.policy ?? 'noeviction'],
  ...['--maxmemory', String(options.maxmemory ?? 0)],
];

async function startContainer(options: TestRedisOptions): Promise<TestRedis> {
  const { GenericContainer } = await import('testcontainers');
  try {
    const container = await new GenericContainer('redis:8-alpine')
      .withCommand(['redis-server', ...settings(options)])
      .withExposedPorts(6379)
      .start();
    const stop = async (): Promise<void> => void (await container.stop());
    return { url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`, stop };
  } catch (cause) {
    const hint = 'run "node scripts/bootstrap.mjs", install redis-server, set QUEUECLAW_REDIS_SERVER, or start Docker';
    throw new Error(`No Redis to test with: ${hint}.`, { cause });
  }
}
