import { AppError, type Firing } from '@queueclaw/contracts';
import { type Door, scheduledMail, type Schedules } from '@queueclaw/conversations';
import { consume, type JobHandle, schedulesQueue, type Summary } from '@queueclaw/queues';
import { type Config, counter, type Logger, type Service } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';

const firedTotal = counter('queueclaw_schedules_total', 'Schedules that were due, by what became of it', ['outcome']);

const concurrency = 20;
const sweepEveryMs = 600_000;

export type FromSchedulesOptions = {
  readonly door: Pick<Door, 'mailbox' | 'conversations'>;
  readonly schedules: Schedules;
  readonly connect: () => Redis;
  /** Whose schedules are looked after. */
  readonly tenants: () => readonly string[];
  readonly logger: Logger;
};

/** The tenants that the configuration names. */
export const tenantsOf = ({ server, channels }: Pick<Config, 'server' | 'channels'>): readonly string[] => [
  ...new Set(['default', ...[...server.tokens, ...channels].map(({ tenant }) => tenant)]),
];

/** What is due becomes mail of the conversation that asked for it, once; every replica serves `schedules`. */
export function fromSchedules({ door, schedules, connect, tenants, logger }: FromSchedulesOptions): Service {
  const consumers = door.mailbox.shards.all.map(({ tag }) =>
    consume(schedulesQueue, {
      ...{ prefix: tag, connect, concurrency, logger },
      handle: async (firing, job) => {
        const outcome = await fire(door, schedules, firing, job);
        firedTotal.inc({ outcome });
        return { outcome } satisfies Summary;
      },
    }),
  );
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let sweeping = Promise.resolve();
  const sweep = (): void => {
    sweeping = schedules
      .sweep(tenants(), Date.now())
      .catch((error: unknown) => logger.warn({ reason: String(error) }, 'schedules cannot be looked after now'))
      .then(() => {
        // Replicas take turns rather than all looking at once.
        if (!stopped) timer = setTimeout(sweep, sweepEveryMs * (0.8 + 0.4 * Math.random()));
      });
  };

  return {
    name: 'from-schedules',
    start: async () => {
      await Promise.all(consumers.map((consumer) => consumer.start()));
      sweep();
    },
    stop: async (graceMs) => {
      stopped = true;
      clearTimeout(timer);
      await Promise.all(consumers.map((consumer) => consumer.stop(graceMs)));
      await sweeping;
    },
  };
}

/**
 * The mail is durable before the schedule is crossed off, and accepted once under an id made of the schedule and the moment, so
 * that a crash in between changes nothing.
 */
async function fire(
  { conversations }: Pick<Door, 'conversations'>,
  schedules: Schedules,
  { tenant, conversation, schedule: id }: Firing,
  { dueAt }: JobHandle<Firing>,
): Promise<string> {
  const address = { tenant, conversation };
  const schedule = await schedules.find(address, id);
  if (schedule === undefined) {
    await schedules.delete(address, id);
    return 'forgotten';
  }
  if (schedule.paused) return 'paused';
  const due = schedule.rule.kind === 'once' ? schedule.rule.at : dueAt;
  const { outcome } = await conversations.accept(address, scheduledMail(schedule, due, Date.now()));
  if (outcome === 'full') {
    // What recurs comes again; what comes once is tried again.
    if (schedule.rule.kind === 'once') throw new AppError('conversation.busy', { retryAfterMs: 5_000 });
    return 'full';
  }
  await schedules.fired(address, schedule, due);
  return outcome === 'duplicate' ? 'again' : 'fired';
}
