import type { Survey } from '@queueclaw/mailbox';
import { beforeScrape, gauge } from '@queueclaw/runtime';
import type { QueueView } from './board/view-queues.js';

const states = ['wait', 'prioritized', 'active', 'failed'] as const;

const jobs = gauge('queueclaw_queue_jobs', 'Jobs of a queue, by state', ['queue', 'state']);
const backlog = gauge('queueclaw_backlog', 'What waits to be begun: jobs, prioritised ones included, or what is due', [
  'queue',
]);
const inProgress = gauge('queueclaw_in_progress', 'Jobs that a worker has', ['queue']);
const oldest = gauge('queueclaw_backlog_oldest_seconds', 'How long the oldest waiting job has waited', ['queue']);
const open = gauge('queueclaw_open', 'Conversations and outboxes that are not idle', ['queue']);
const results = gauge('queueclaw_results_waiting', 'Tool results on their way back', []);
const deadLetters = gauge('queueclaw_dead_letters', 'Mail and replies that nobody could serve', []);
const memoryBytes = gauge('queueclaw_redis_memory_bytes', 'Memory that Redis uses', []);
const memoryMaxBytes = gauge('queueclaw_redis_memory_max_bytes', 'Memory that Redis may use; 0: no limit', []);
const ofQueues = [jobs, backlog, inProgress, oldest, open];
const ofAll = [results, deadLetters, memoryBytes, memoryMaxBytes];

export type BacklogParts = {
  readonly queues: readonly QueueView[];
  readonly survey: () => Promise<Survey>;
  /** The section `memory` of Redis' INFO. */
  readonly memory: () => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

type Counted = Readonly<Record<(typeof states)[number], number>> & { readonly oldestAt: number | undefined };

const count = async ({ queue }: QueueView): Promise<Counted> => {
  const [counts, ...first] = await Promise.all([
    queue.getJobCounts(...states),
    queue.getJobs(['wait'], 0, 0, true),
    queue.getJobs(['prioritized'], 0, 0, true),
  ]);
  // A job that was taken in between is not there any more.
  const times = first.flat().flatMap((job) => (job === undefined || job === null ? [] : [job.timestamp]));
  const of = (state: string): number => counts[state] ?? 0;
  return {
    ...{ wait: of('wait') + of('waiting'), prioritized: of('prioritized') },
    ...{ active: of('active'), failed: of('failed') },
    oldestAt: times.length === 0 ? undefined : Math.min(...times),
  };
};

const infoNumber = (info: string, field: string): number =>
  Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);

/**
 * Sets, whenever /metrics is read, what autoscalers and alerts look at: how much waits, how long, how much memory Redis has left.
 * While Redis does not answer there are no such metrics, rather than old ones.
 * @returns ends it
 */
export function measureBacklog({ queues, survey, memory, now }: BacklogParts): () => void {
  return beforeScrape('backlog', async () => {
    try {
      const [counted, surveyed, info] = await Promise.all([Promise.all(queues.map(count)), survey(), memory()]);
      const due: Readonly<Record<string, number>> = {
        messages: surveyed.dueConversations,
        replies: surveyed.dueOutboxes,
      };
      for (const queue of new Set(queues.map(({ name }) => name))) {
        const own = counted.filter((_, at) => queues[at]?.name === queue);
        const sum = (of: (one: Counted) => number): number => own.reduce((total, one) => total + of(one), 0);
        for (const state of states)
          jobs.set(
            { queue, state },
            sum((one) => one[state]),
          );
        // Who is due is woken by a job: the same once more, unless nobody has announced it yet.
        backlog.set(
          { queue },
          Math.max(
            sum(({ wait, prioritized }) => wait + prioritized),
            due[queue] ?? 0,
          ),
        );
        inProgress.set(
          { queue },
          sum(({ active }) => active),
        );
        const since = Math.min(...own.map(({ oldestAt }) => oldestAt ?? Number.POSITIVE_INFINITY));
        oldest.set({ queue }, Math.max(0, Number.isFinite(since) ? (now() - since) / 1_000 : 0));
      }
      open.set({ queue: 'messages' }, surveyed.openConversations);
      open.set({ queue: 'replies' }, surveyed.openOutboxes);
      results.set(surveyed.results);
      deadLetters.set(surveyed.deadLetters);
      memoryBytes.set(infoNumber(info, 'used_memory'));
      memoryMaxBytes.set(infoNumber(info, 'maxmemory'));
    } catch {
      for (const metric of ofQueues) metric.reset();
      // Reset to 0 they would say that all is well.
      for (const metric of ofAll) metric.remove();
    }
  });
}
