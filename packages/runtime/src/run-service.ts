import { AppError, toAppError } from '@queueclaw/contracts';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { collectDefaultMetrics } from 'prom-client';
import type { ConfigChange } from './config/compare.js';
import { createHealthBoard, type HealthBoard } from './health/health.js';
import { serveHealth, type HealthServer } from './health/health-server.js';
import { homeFolder, makePrivateFolder } from './home.js';
import type { Service } from './lifecycle.js';
import { createLogger } from './logger.js';
import { registry } from './metrics.js';
import { explainListenError } from './port-taken.js';
import { redact } from './redaction.js';
import { type Reloader, reloadOnChange } from './reload.js';
import { guardRedis, type RedisGuard } from './safe-redis.js';
import { createContext, type ServiceContext } from './service-context.js';
import { shutdownTimes } from './shutdown-times.js';
import { connectSupervisor } from './supervisor-link.js';
import { startTracing, type Tracing } from './tracing/start-tracing.js';

/** How a process makes its service. */
export type CreateService = (context: ServiceContext) => Service | Promise<Service>;

type Phase = 'starting' | 'serving' | 'stopping';

const usualShutdownMs = 20_000;
const sayWorkEveryMs = 500;

const checkPhase = (board: HealthBoard, phase: () => Phase): void =>
  board.report('service', async () => (phase() === 'serving' ? { ok: true } : { ok: false, detail: phase() }));

/** Each service has a cache of its own: what the tool-runner writes is code that no other process may run. */
const cacheCompiledCode = (name: string): void => {
  const home = homeFolder(undefined, process.env);
  try {
    makePrivateFolder(home);
  } catch {
    return; // A read-only file system: only the start is slower.
  }
  enableCompileCache(join(home, 'cache', name));
};

/**
 * Runs one service as this process, until SIGTERM or SIGINT (a second one ends the process at once) or until the process
 * that supervises it is gone. Reads the configuration, serves health and metrics, waits for Redis for as long as it takes,
 * then starts the service and follows the configuration's file; SIGHUP reads that again (without a terminal: there it is the
 * terminal's end). Exits 0 after a clean stop, 1 after an error, which is logged and told to the supervisor.
 * @param create makes the service; load what is heavy in here, so that it is compiled from the cache
 */
export function runService(name: string, create: CreateService): void {
  cacheCompiledCode(name);
  // A pipe whose reader died must not end the process before it has drained.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

  let phase: Phase = 'starting';
  let logger = createLogger(name);
  let times = shutdownTimes(usualShutdownMs);
  let service: Service | undefined;
  let health: HealthServer | undefined;
  let redis: RedisGuard | undefined;
  let reloader: Reloader | undefined;
  let tracing: Tracing | undefined;

  const fail = async (thrown: unknown, what: string): Promise<void> => {
    const error = toAppError(thrown);
    // What only a person can mend needs no stack.
    const expected = thrown instanceof AppError && error.code === 'config.invalid';
    logger.fatal({ ...(expected ? {} : { err: thrown }), code: error.code }, `${what}: ${error.publicMessage}`);
    process.exitCode = 1;
    await supervisor.say({ type: 'failed', code: error.code, message: redact(error.publicMessage) });
    process.exit(1);
  };

  let saidWork = '';
  const sayWork = (): void => {
    const work = { turns: 0, calls: 0, ...service?.working?.() };
    if (JSON.stringify(work) === saidWork) return;
    saidWork = JSON.stringify(work);
    if (work.turns + work.calls > 0) logger.info(work, 'waiting for what runs');
    void supervisor.say({ type: 'working', ...work });
  };

  const stop = async (reason: string): Promise<void> => {
    if (phase === 'stopping') {
      logger.warn({ reason }, 'ending at once');
      process.exit(1);
    }
    phase = 'stopping';
    logger.info({ reason }, 'stopping');
    reloader?.stop();
    setTimeout(() => void fail(new Error(`still running ${times.endMs} ms after ${reason}`), 'stopping'), times.endMs);
    sayWork();
    setInterval(sayWork, sayWorkEveryMs);
    try {
      await service?.stop(times.graceMs);
      redis?.close();
      await tracing?.stop();
      await health?.close();
    } catch (error) {
      return fail(error, 'stopping');
    }
    logger.info('stopped');
    process.exit(0);
  };

  const supervisor = connectSupervisor(() => void (phase === 'stopping' ? undefined : stop('the supervisor is gone')));

  const start = async (): Promise<void> => {
    const board = createHealthBoard();
    const world = { env: process.env, cwd: process.cwd() };
    const { context, warnings, configuration } = createContext(name, board, world);
    const { config, redisUrl, settings, env } = context;
    logger = context.logger;
    times = shutdownTimes(config.server.shutdown_timeout);
    tracing = await startTracing(name, env, logger);
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
    checkPhase(board, () => phase);
    redis = guardRedis(redisUrl, logger, (error) => void fail(error, 'Redis'));
    board.report('redis', redis.check);
    health = await serveHealth(name, board, config.telemetry);
    void supervisor.say({ type: 'health', host: config.telemetry.host, port: health.port });
    for (const warning of warnings) logger.warn(warning);
    try {
      service = await create(context);
      await service.listen?.();
      await redis.ready;
      if (phase !== 'starting') return;
      await service.start();
    } catch (error) {
      throw explainListenError(error, config);
    }
    if (phase !== 'starting') return;
    phase = 'serving';
    logger.info({ health: health.port, ms: Math.round(performance.now()) }, 'serving');
    const onReloaded = ({ changed, restartNeeded }: ConfigChange): void =>
      void supervisor.say({ type: 'reloaded', changed: [...changed], restartNeeded: [...restartNeeded] });
    reloader = reloadOnChange({ ...configuration, settings, env, logger, onReloaded });
    void supervisor.say({ type: 'ready', ...(await board.status()) });
  };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  const hasTerminal = isatty(0);
  process.on('SIGHUP', () => void (hasTerminal ? stop('SIGHUP') : reloader?.reload()));
  process.on('uncaughtException', (error) => void fail(error, 'uncaught exception'));
  process.on('unhandledRejection', (error) => void fail(error, 'unhandled rejection'));
  start().catch((error: unknown) => (phase === 'stopping' ? undefined : fail(error, 'start')));
}
