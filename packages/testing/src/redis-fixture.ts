import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/**
 * The guard outlives us by a moment: when the pipe on its stdin closes, for whatever reason, it ends the server and
 * removes the folder. A second argument list follows `--`, so no word of it is ever parsed by the shell.
 */
const guard = 'folder=$1; shift; "$@" & server=$!; cat >/dev/null; kill "$server"; wait "$server"; rm -rf "$folder"';

async function startLocal(program: string, options: TestRedisOptions): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'queueclaw-redis-'));
  const socket = join(folder, 'redis.sock');
  const place = ['--dir', folder, '--unixsocket', socket, '--unixsocketperm', '700', '--port', '0'];
  const child = spawn('sh', ['-c', guard, 'guard', folder, program, ...place, ...settings(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.ref();
    child.stdin.end();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  let output = '';
  const ready = new Promise<void>((resolve, reject) => {
    const read = (chunk: string): void => {
      output = (output + chunk).slice(-4_000);
      if (/ready to accept connections/i.test(output)) resolve();
      else if (/# (Fatal|FATAL|Failed)|not found|error while loading|Bad directive/i.test(output)) reject(failure());
    };
    const failure = (): Error => new Error(`${program} did not start:\n${output}`);
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('exit', () => reject(failure()));
  });
  try {
    await ready;
  } catch (error) {
    await stop();
    throw error;
  }
  // The server must not keep a finished test process alive; the guard sees the end of the pipe anyway.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
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
