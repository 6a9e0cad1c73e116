import { Queue, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueDefinition } from './define.js';
import { groupCommit } from './group-commit.js';

export type AddOptions = {
  /** A job with this id is added once while it, or its finished record, exists. Made by `jobId`. */
  readonly id?: string;
  /** While a job with this id waits, another add does nothing; while one is active, one more is kept for its end. */
  readonly oneAtATime?: string;
};

export type Producer<T> = {
  /** Resolves when the job is in Redis. */
  add(payload: T, options?: AddOptions): Promise<void>;
  /** Takes a job out that has not started; a job that runs, or is not there, is left as it is. */
  remove(id: string): Promise<void>;
  close(): Promise<void>;
};

/**
 * Opens a queue for adding. Adds are batched by group commit.
 * @param prefix the shard's tag (`shardTag`)
 * @param redis a `command` connection, shared; closing the producer leaves it open
 */
export function produce<T>(definition: QueueDefinition<T>, prefix: string, redis: Redis): Producer<T> {
  const queue = new Queue(definition.name, {
    connection: redis,
    prefix,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    streams: { events: { maxLen: 1_000 } },
    defaultJobOptions: {
      attempts: 1,
      removeOnComplete: definition.keepCompleted,
      removeOnFail: definition.keepFailed,
      stackTraceLimit: 0,
    },
  });
  queue.on('error', () => undefined);

  const add = groupCommit<{ payload: T; options: AddOptions }, void>(async (items) => {
    await queue.addBulk(
      items.map(({ payload, options }) => ({ name: definition.name, data: payload, opts: jobOptions(options) })),
    );
    return items.map(() => undefined);
  });

  return {
    add: (payload, options = {}) => add({ payload, options }),
    remove: async (id) => void (await queue.remove(id).catch(() => 0)),
    close: () => queue.close(),
  };
}

const jobOptions = (options: AddOptions): JobsOptions => ({
  ...(options.id === undefined ? {} : { jobId: options.id }),
  ...(options.oneAtATime === undefined ? {} : { deduplication: { id: options.oneAtATime, keepLastIfActive: true } }),
});
