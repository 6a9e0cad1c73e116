import {
  compareConfigs,
  configFile,
  homeFolder,
  loadConfig,
  makePrivateFolder,
  readConfig,
  shutdownTimes,
} from '@queueclaw/runtime/settings';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../exit-code.js';
import { addresses } from './addresses.js';
import type { Announce } from './announce.js';
import { type BoundedLog, openBoundedLog } from './bounded-log.js';
import { assertPortsFree } from './free-port.js';
import { lockHome } from './home-lock.js';
import { keepRecord, type UpRecord } from './record.js';
import { runnerConfig, runnerEnvironment } from './runner-environment.js';
import type { Reloaded } from './service-process.js';
import { type Scene, startRedis, startService, stopOrder, type UpOptions } from './start-parts.js';
import type { Supervised } from './supervise.js';
import { endLeftovers } from './take-over.js';
import { untilReady } from './until-ready.js';
import { untilToolsKnown } from './until-tools-known.js';
import { workBoard } from './work-board.js';
import { tell } from '../phrases/index.js';

const redisGraceMs = 15_000;

const takeHome = async (runFolder: string, announce: Announce): Promise<{ record: UpRecord; release: () => void }> => {
  const outcome = lockHome(runFolder);
  if (!outcome.held) {
    const { pid } = outcome.owner;
    const where = outcome.state.chat === undefined ? '' : tell('error.home_serves', { address: outcome.state.chat });
    throw new CommandError(tell('error.home_taken', { pid, where }));
  }
  if (outcome.stale !== undefined) {
    const ended = await endLeftovers(outcome.stale);
    if (ended.length > 0)
      announce({
        event: 'warning',
        text: tell('up.leftovers', { names: ended.join(', ') }),
      });
  }
  return { record: keepRecord(outcome.lock, stopOrder), release: outcome.lock.release };
};

const startAll = async (scene: Scene, startedAt: number): Promise<void> => {
  const { config, env, cwd, home, runFolder, announce, stop } = scene;
  const redis = await startRedis(scene);
  announce({ event: 'progress', text: tell('up.starting') });
  const configFile = join(runFolder, 'tool-runner.yaml');
  writeFileSync(configFile, runnerConfig(config), { mode: 0o600 });
  const onReloaded = ({ changed, restartNeeded }: Reloaded): void => {
    // What the services have accepted is good for the tool-runner too; it watches its own file.
    const reading = readConfig({ path: scene.source ?? scene.path, env, cwd });
    if (reading.ok)
      writeFileSync(configFile, runnerConfig(compareConfigs(config, reading.config).config), { mode: 0o600 });
    if (changed.length > 0) announce({ event: 'reloaded', changed, restartNeeded });
  };
  const mainEnv = {
    ...env,
    QUEUECLAW_HOME: home,
    REDIS_URL: redis.url,
    ...(scene.source === undefined ? {} : { QUEUECLAW_CONFIG: scene.source }),
    NODE_COMPILE_CACHE: join(home, 'cache', 'all-in-one'),
  };
  const main = startService(scene, 'all-in-one', cwd, mainEnv, onReloaded);
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

/** The services at the same time, each within what is left of the whole; Redis when nobody needs it any more. */
const stopAll = async (running: readonly Supervised[], killMs: number): Promise<void> => {
  const services = running.filter(({ name }) => name !== 'Redis');
  await Promise.all(services.map((one) => one.stop(killMs)));
  for (const one of running) if (!services.includes(one)) await one.stop(redisGraceMs);
};

/**
 * Runs the whole system on this machine until `stop`: Redis (unless one is configured), ingress + agent + console in one
 * process, and the tool-runner apart with nothing of our environment. Resolves when all of it has stopped.
 * @throws CommandError or AppError `config.invalid` when it cannot be started; nothing is left running then
 */
export async function up(options: UpOptions): Promise<void> {
  const { env, cwd, path, announce, stop, kill } = options;
  const startedAt = performance.now();
  // Without a file there are no names to check, and a start should be quick.
  const written = existsSync(configFile({ path, env, cwd })) || env['QUEUECLAW_MODEL'];
  const checks = written ? (await import('../name-checks.js')).nameChecks : [];
  const { config, warnings, source } = loadConfig({ path, env, cwd, checks });
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
  const hangUp = (): void => running.filter(({ name }) => name !== 'Redis').forEach((one) => one.hangUp());
  options.reload?.addEventListener('reload', hangUp);
  try {
    for (const text of warnings) announce({ event: 'warning', text });
    await assertPortsFree([
      { what: tell('port.chat'), ...config.server, variable: 'PORT', key: 'server.port' },
      { what: tell('port.console'), ...config.console, variable: 'CONSOLE_PORT', key: 'console.port' },
    ]);
    const sayWork = workBoard(announce);
    const scene = { ...options, config, source, home, runFolder, record, openLog, running, sayWork };
    await startAll(scene, startedAt);
    if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
    announce({ event: 'stopping', reason: String(stop.reason) });
  } finally {
    await stopAll(running, shutdownTimes(config.server.shutdown_timeout).killMs);
    for (const log of logs) log.close();
    release();
  }
  announce({ event: 'stopped' });
}
