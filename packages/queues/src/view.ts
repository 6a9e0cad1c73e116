import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

/** BullMQ's own queue, for Bull Board. */
export type ViewedQueue = Queue;

/**
 * Opens a queue to be looked at: writes nothing on its own, not even the queue's meta data.
 * @param name of the catalogue
 * @param prefix the shard's tag (`shardTag`)
 * @param redis a `command` connection, shared; closing the queue leaves it open
 */
export function openForViewing(name: string, prefix: string, redis: Redis): ViewedQueue {
  const queue = new Queue(name, { connection: redis, prefix, skipVersionCheck: true, skipMetasUpdate: true });
  queue.on('error', () => undefined);
  return queue;
}
