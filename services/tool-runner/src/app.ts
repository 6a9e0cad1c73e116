import { openBlobs } from '@queueclaw/blobs';
import { shardTag } from '@queueclaw/contracts';
import { connectRedis, type Service, type ServiceContext } from '@queueclaw/runtime';
import { createSandbox } from '@queueclaw/sandbox';
import { join } from 'node:path';
import { fromForgotten } from './from-forgotten.js';
import { fromTasks } from './from-tasks.js';
import { fileKeeper } from './keep-file.js';
import { latelyForgotten } from './lately-forgotten.js';
import { attachmentPlacer } from './place-attachments.js';
import { type RunningCalls, trackCalls } from './running-calls.js';
import { toResults } from './to-results.js';

/** Calls at once in this process; commands among them wait for a slot of the sandbox. */
const concurrencyPerProcess = 32;

/** The tool-runner: consumes `tasks`, runs tools in the sandbox, appends to `results`. Holds no key of anybody. */
export function createToolRunner(context: ServiceContext): Service {
  const { config, settings, env, logger, redisUrl, home, health } = context;
  const { namespace, shards } = config.state;
  const onError = (error: Error): void => logger.debug({ reason: error.message }, 'redis connection trouble');
  const {
    memory,
    processes,
    cpu,
    workspace_size: workspaceBytes,
    workspace_files: workspaceFiles,
  } = config.tools.sandbox;
  const sandbox = createSandbox({
    env: { PATH: env['PATH'], QUEUECLAW_BWRAP: env['QUEUECLAW_BWRAP'] },
    home,
    limits: { memoryBytes: memory, processes, cpus: cpu, workspaceBytes, workspaceFiles },
  });
  health.report('sandbox', async () => {
    const report = sandbox.known;
    if (report === undefined) return { ok: true, detail: 'the escape canaries are still running' };
    const { containment, resources, reasons } = report;
    return {
      ok: containment === 'ok',
      detail: [`containment ${containment}, resources ${resources}`, ...reasons].join('; '),
    };
  });

  const blobTrouble = (err: unknown): void => logger.warn({ err }, 'attachments cannot be stored or read');
  const blobs = openBlobs({ config: config.state.blobs, home, onError: blobTrouble });
  const place = attachmentPlacer({ blobs, sandbox, logger });
  const keep = fileKeeper(blobs);
  const redis = connectRedis(redisUrl, 'command', onError);
  const tags = Array.from({ length: shards }, (_, shard) => shardTag({ namespace, shards }, shard));
  const calls: RunningCalls = trackCalls(connectRedis(redisUrl, 'subscriber', onError), tags, () => forgotten.look());
  const forgotten = fromForgotten({
    ...{ tags, redis, sandbox, calls, logger, retentionMs: config.state.retention },
    folder: join(home, 'workspaces'),
  });
  const connect = (): ReturnType<typeof connectRedis> => connectRedis(redisUrl, 'blocking', onError);
  const consumers = tags.map((tag) =>
    fromTasks({
      ...{ tag, connect, sandbox, place, keep, calls, logger, concurrency: concurrencyPerProcess },
      forgotten: latelyForgotten(redis, tag),
      commandMs: () => settings.current().tools.timeout,
      toResults: toResults(tag, redis, logger),
    }),
  );

  const tryOut = async (): Promise<void> => {
    const { containment, resources, reasons } = await sandbox.report();
    const facts = { containment, resources, reasons };
    if (containment === 'ok') logger.info(facts, 'the sandbox holds');
    else logger.error(facts, 'the sandbox does not hold: shell commands are refused');
  };

  return {
    name: 'tool-runner',
    working: () => ({ calls: calls.count() }),
    start: async () => {
      // Commands wait for the canaries; everything else need not.
      void tryOut();
      await calls.start();
      await forgotten.start();
      await Promise.all(consumers.map((consumer) => consumer.start()));
    },
    stop: async (graceMs) => {
      await Promise.all(consumers.map((consumer) => consumer.stop(graceMs)));
      await calls.stop(graceMs);
      await forgotten.stop(graceMs);
      redis.disconnect();
      blobs.close();
      await sandbox.close();
    },
  };
}
