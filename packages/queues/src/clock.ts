import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueDefinition } from './define.js';

/** When something is due: once, or again and again until `endsAt`; milliseconds since the epoch. */
export type Recurrence =
  | { readonly at: number }
  | { readonly everyMs: number; readonly from: number; readonly endsAt: number }
  /** Five fields of cron, in an IANA zone. */
  | { readonly cron: string; readonly zone: string; readonly endsAt: number };

/** Puts jobs on a queue when they are due. What was due while nobody served the queue comes once, when somebody does. */
export type Clock<T> = {
  /** Starts what does not run yet; what runs stays as it is, what is overdue too. */
  start(id: string, payload: T, when: Recurrence): Promise<void>;
  /** What is not there is left alone. A job that runs is not broken off. */
  stop(id: string): Promise<void>;
  /** What runs, by its id. */
  running(): AsyncIterable<{ readonly id: string; readonly payload: unknown }>;
  close(): Promise<void>;
};

const pageSize = 200;
/** Redis may be away, a mailbox full: tried again for hours. */
const patience = { attempts: 2_000, backoff: { type: 'fixed', delay: 5_000 } };

/** The job scheduler's, or a job's of its own. */
const dueInId = /^repeat:.*:(\d+)$/;

/** When a job was due, milliseconds since the epoch; jobs that a clock made are due at one moment, however often they are tried. */
export function dueAtOf({ id = '', timestamp, opts }: Pick<Job, 'id' | 'timestamp' | 'opts'>): number {
  return Number(dueInId.exec(id)?.[1] ?? timestamp + (opts.delay ?? 0));
}

/**
 * Opens a queue's clock, made of BullMQ's job schedulers and delayed jobs.
 * @param redis a `command` connection, shared; closing the clock leaves it open
 */
export function openClock<T>(definition: QueueDefinition<T>, prefix: string, redis: Redis): Clock<T> {
  const queue = new Queue<unknown, unknown, string>(definition.name, {
    connection: redis,
    prefix,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    streams: { events: { maxLen: 1_000 } },
  });
  queue.on('error', () => undefined);
  const { name } = definition;

  return {
    start: async (id, payload, when) => {
      if ('at' in when) {
        const delay = Math.max(0, when.at - Date.now());
        await queue.add(name, payload, { ...patience, jobId: id, delay, removeOnComplete: true, removeOnFail: true });
        return;
      }
      // Started again it would forget what is overdue.
      const runs = await queue.getJobScheduler(id);
      if (runs) return;
      const { endsAt } = when;
      await queue.upsertJobScheduler(
        id,
        'everyMs' in when
          ? { every: when.everyMs, startDate: when.from, endDate: endsAt }
          : { pattern: when.cron, tz: when.zone, endDate: endsAt },
        { name, data: payload, opts: { ...patience, removeOnComplete: true, removeOnFail: true } },
      );
    },
    stop: async (id) => {
      await queue.removeJobScheduler(id);
      await queue.remove(id).catch(() => 0);
    },
    running: async function* running() {
      for (let at = 0, length = pageSize; length === pageSize; at += pageSize) {
        const page = await queue.getJobSchedulers(at, at + pageSize - 1, true);
        for (const { key, template } of page) yield { id: key, payload: template?.data };
        length = page.length;
      }
      for (let at = 0, length = pageSize; length === pageSize; at += pageSize) {
        const page = await queue.getDelayed(at, at + pageSize - 1);
        for (const job of page)
          if (job?.id !== undefined && !job.id.startsWith('repeat:')) yield { id: job.id, payload: job.data };
        length = page.length;
      }
    },
    close: () => queue.close(),
  };
}
