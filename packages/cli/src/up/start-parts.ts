import { type Config, shutdownTimes } from '@queueclaw/runtime/settings';
import { join } from 'node:path';
import { CommandError } from '../exit-code.js';
import { startEmbeddedRedis } from '../redis/embedded-redis.js';
import { findRedisServer } from '../redis/find-redis.js';
import type { Announce } from './announce.js';
import type { BoundedLog } from './bounded-log.js';
import { terminalLine } from './log-line.js';
import type { UpRecord } from './record.js';
import { type Reloaded, runServiceProcess, type ServiceProcess } from './service-process.js';
import type { Supervised } from './supervise.js';
import type { Work } from './work-board.js';
import { tell } from '../phrases/index.js';

type Environment = Readonly<Record<string, string | undefined>>;

export type UpOptions = {
  /** The configuration's file; absent: the usual places. */
  readonly path: string | undefined;
  readonly env: Environment;
  readonly cwd: string;
  readonly announce: Announce;
  /** Aborts when everything is to drain and stop. */
  readonly stop: AbortSignal;
  /** Aborts when everything is to end at once. */
  readonly kill: AbortSignal;
  /** Its `reload` events make every service read its configuration again. */
  readonly reload?: EventTarget;
};

/** What the parts are started with. */
export type Scene = UpOptions & {
  readonly config: Config;
  readonly source: string | undefined;
  readonly home: string;
  readonly runFolder: string;
  readonly record: UpRecord;
  readonly openLog: (name: string) => BoundedLog;
  /** What runs, in the order in which it is to be stopped. */
  readonly running: Supervised[];
  readonly sayWork: (name: string, work: Work) => void;
};

/** The order in which the parts are stopped: what others rely on last. */
export const stopOrder: readonly string[] = ['all-in-one', 'tool-runner', 'Redis'];

/** Starts the embedded Redis, unless one is configured. @throws CommandError when there is none or it does not start */
export const startRedis = async (scene: Scene): Promise<{ url: string; runnerUrl: string; what: string }> => {
  const { config, env, home, runFolder, record, announce, running } = scene;
  if (config.state.redis !== undefined) {
    const runnerUrl = env['QUEUECLAW_RUNNER_REDIS_URL'] || config.state.redis;
    return { url: config.state.redis, runnerUrl, what: tell('up.redis_configured') };
  }
  const program = findRedisServer(env);
  if (program === undefined) throw new CommandError(tell('error.no_redis'));
  announce({ event: 'progress', text: tell('up.starting_redis') });
  const redis = await startEmbeddedRedis({
    program,
    home,
    runFolder,
    space: { namespace: config.state.namespace, shards: config.state.shards },
    maxmemoryBytes: config.state.maxmemory,
    orphanSeconds: Math.ceil(shutdownTimes(config.server.shutdown_timeout).killMs / 1000),
    log: scene.openLog('redis'),
    signal: scene.stop,
    onStart: (pid) => record.child('Redis', pid),
    onDeath: (how, restartInMs) => announce({ event: 'died', name: 'Redis', how, restartInMs }),
    onBack: () => announce({ event: 'back', name: 'Redis' }),
  });
  running.push(redis);
  if (redis.socketFolder !== undefined) {
    record.set({ socketFolder: redis.socketFolder });
    announce({
      event: 'progress',
      text: tell('up.socket', { folder: redis.socketFolder }),
    });
  }
  return {
    url: redis.url,
    runnerUrl: redis.runnerUrl,
    what: tell('up.redis_data', { version: redis.version, folder: join(home, 'redis') }),
  };
};

/** Starts a service and keeps it running. */
export const startService = (
  scene: Scene,
  name: 'all-in-one' | 'tool-runner',
  cwd: string,
  env: Environment,
  onReloaded: (change: Reloaded) => void = () => undefined,
): ServiceProcess => {
  const { announce, record } = scene;
  const started = runServiceProcess({
    name,
    cwd,
    env,
    log: scene.openLog(name),
    onLine: (line) => {
      const text = terminalLine(line);
      if (text !== undefined) announce({ event: 'warning', from: name, text });
    },
    onStart: (pid) => record.child(name, pid),
    onHealthPort: (port) => record.health(name, port),
    onDeath: (how, restartInMs) => announce({ event: 'died', name, how, restartInMs }),
    onBack: () => announce({ event: 'back', name }),
    onReloaded,
    onWorking: ({ turns, calls }) => scene.sayWork(name, { turns, calls }),
  });
  scene.running.push(started);
  scene.running.sort((left, right) => stopOrder.indexOf(left.name) - stopOrder.indexOf(right.name));
  return started;
};
