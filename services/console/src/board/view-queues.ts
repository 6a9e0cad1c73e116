import type { Shards } from '@queueclaw/mailbox';
import { allQueues, openForViewing, type ViewedQueue } from '@queueclaw/queues';

/** One queue of one shard. */
export type QueueView = {
  /** As in the catalogue. */
  readonly name: string;
  readonly shard: number;
  /** Tells shards apart in names, when there are several: `1.`. */
  readonly prefix: string;
  readonly queue: ViewedQueue;
};

/** Opens every queue of the catalogue in every shard, to be looked at. */
export function viewQueues(shards: Shards): readonly QueueView[] {
  const several = shards.all.length > 1;
  return allQueues.flatMap(({ name }) =>
    shards.all.map(({ index, tag, redis }) => ({
      name,
      shard: index,
      prefix: several ? `${index}.` : '',
      queue: openForViewing(name, tag, redis),
    })),
  );
}

/** How many jobs a queue has, over all shards, by state. */
export type QueueCounts = {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  readonly completed: number;
  readonly failed: number;
};

/** Counts the jobs of every queue of the catalogue. */
export async function countJobs(views: readonly QueueView[]): Promise<readonly QueueCounts[]> {
  const counted = await Promise.all(
    views.map(async ({ name, queue }) => ({
      name,
      counts: await queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'completed', 'failed'),
    })),
  );
  return allQueues.map(({ name }) => {
    const own = counted.filter((one) => one.name === name);
    const sum = (...states: string[]): number =>
      own.reduce((total, { counts }) => total + states.reduce((few, state) => few + (counts[state] ?? 0), 0), 0);
    return {
      name,
      waiting: sum('waiting', 'wait', 'prioritized', 'delayed'),
      active: sum('active'),
      completed: sum('completed'),
      failed: sum('failed'),
    };
  });
}
