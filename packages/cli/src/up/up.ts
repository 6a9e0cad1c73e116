import { homeFolder, loadConfig, makePrivateFolder } from '@queueclaw/runtime/settings';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../exit-code.js';
import { addresses } from './addresses.js';
import type { Announce } from './announce.js';
import { type BoundedLog, openBoundedLog } from './bounded-log.js';
import { assertPortsFree } from './free-port.js';
import { lockHome } from './home-lock.js';
import { keepRecord, type UpRecord } from './record.js';
import { runnerConfig, runnerEnvironment } from './runner-environment.js';
import { beyondGraceMs, type Scene, startRedis, startService, stopOrder, type UpOptions } from './start-parts.js';
import type { Supervised } from './supervise.js';
import { endLeftovers } from './take-over.js';
import { untilReady } from './until-ready.js';
import { untilToolsKnown } from './until-tools-known.js';

const redisGraceMs = 15_000;
const leastGraceMs = 3_000;

const takeHome = async (runFolder: string, announce: Announce): Promise<{ record: UpRecord; release: () => void }> => {
  const outcome = lockHome(runFolder);
  if (!outcome.held) {
    const { pid } = outcome.owner;
    const where = outcome.state.chat === undefined ? '' : ` It serves ${outcome.state.chat}.`;
    throw new CommandError(
      `QueueClaw already runs from this home: process ${pid}.${where}\nStop that one first (kill ${pid}), or use another home: QUEUECLAW_HOME=<folder>.`,
    );
  }
  if (outcome.stale !== undefined) {
    const ended = await endLeftovers(outcome.stale);
    if (ended.length > 0)
      announce({
        event: 'warning',
        text: `the last start ended without stopping; ended what it left: ${ended.join(', ')}`,
      });
  }
  return { record: keepRecord(outcome.lock, stopOrder), release: outcome.lock.release };
};

const startAll = async (scene: Scene, startedAt: number): Promise<void> => {
  const { config, env, cwd, home, runFolder, announce, stop } = scene;
  const redis = await startRedis(scene);
  announce({ event: 'progress', text: 'Starting the services ...' });
  const configFile = join(runFolder, 'tool-runner.yaml');
  writeFileSync(configFile, runnerConfig(config), { mode: 0o600 });
  const main = startService(scene, 'all-in-one', cwd, {
    ...env,
    QUEUECLAW_HOME: home,
    REDIS_URL: redis.url,
    ...(scene.source === undefined ? {} : { QUEUECLAW_CONFIG: scene.source }),
    NODE_COMPILE_CACHE: join(home, 'cache', 'all-in-one'),
  });
  const runner = startService(scene, 'tool-runner', runFolder, {
    ...runnerEnvironment(env, { home, configFile, redisUrl: redis.runnerUrl }),
    NODE_COMPILE_CACHE: join(home, 'cache', 'tool-runner'),
  });
  const ready = await untilReady([main, runner], announce, stop);
  if (ready === undefined) return;
  const [mainChecks] = ready;
  const where = addresses(config);
  scene.record.set(where);
  announce({
    event: 'ready',
    ...where,
    model: mainChecks?.['model']?.detail ?? 'unknown',
    redis: redis.what,
    logs: join(home, 'logs'),
    ms: Math.round(performance.now() - startedAt),
  });
  const tools = await untilToolsKnown(runFolder, stop);
  if (tools !== undefined) announce({ event: 'tools', text: tools });
};

const stopAll = async (running: readonly Supervised[], graceMs: number): Promise<void> => {
  const end = performance.now() + graceMs;
  for (const one of running) {
    const leftMs = Math.max(leastGraceMs, end - performance.now()) + beyondGraceMs;
    await one.stop(one.name === 'Redis' ? redisGraceMs : leftMs);
  }
};

/**
 * Runs the whole system on this machine until `stop`: Redis (unless one is configured), ingress + agent + console in one
 * process, and the tool-runner apart with nothing of our environment. Resolves when all of it has stopped.
 * @throws CommandError or AppError `config.invalid` when it cannot be started; nothing is left running then
 */
export async function up(options: UpOptions): Promise<void> {
  const { env, cwd, path, announce, stop, kill } = options;
  const startedAt = performance.now();
  const { config, warnings, source } = loadConfig({ path, env, cwd });
  const home = homeFolder(config.state.home, env);
  const runFolder = join(home, 'run');
  for (const folder of [home, runFolder]) makePrivateFolder(folder);
  const { record, release } = await takeHome(runFolder, announce);
  const running: Supervised[] = [];
  const logs: BoundedLog[] = [];
  const openLog = (name: string): BoundedLog => {
    const log = openBoundedLog(join(home, 'logs', `${name}.log`));
    logs.push(log);
    return log;
  };
  kill.addEventListener('abort', () => running.forEach((one) => one.kill()), { once: true });
  try {
    for (const text of warnings) announce({ event: 'warning', text });
    await assertPortsFree([
      { what: 'the chat page and API', ...config.server, variable: 'PORT', key: 'server.port' },
      { what: 'the console', ...config.console, variable: 'CONSOLE_PORT', key: 'console.port' },
    ]);
    const scene = { ...options, config, source, home, runFolder, record, openLog, running };
    await startAll(scene, startedAt);
    if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
    announce({ event: 'stopping', reason: String(stop.reason) });
  } finally {
    await stopAll(running, config.server.shutdown_timeout);
    for (const log of logs) log.close();
    release();
  }
  announce({ event: 'stopped' });
}
