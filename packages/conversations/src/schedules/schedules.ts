import { type ActorAddress, Firing, jobId, type Schedule } from '@queueclaw/contracts';
import { type KeptSchedule, openScheduleBook, redisError, type Shards } from '@queueclaw/mailbox';
import { type Clock, openClock, type Recurrence, schedulesQueue } from '@queueclaw/queues';
import { nextByCron } from './rule-of.js';

/** What comes to conversations at other times. All calls may throw system.unavailable or system.full. */
export type Schedules = {
  /** Keeps and starts it; harmless when repeated. `full`: the person or the tenant has as many as may be. */
  add(address: ActorAddress, schedule: Schedule, personMax: number): Promise<'added' | 'there' | 'full'>;
  find(address: ActorAddress, id: string): Promise<KeptSchedule | undefined>;
  /** Oldest first. */
  of(address: ActorAddress): Promise<readonly KeptSchedule[]>;
  /** All of a tenant, in no order. */
  list(tenant: string): AsyncIterable<KeptSchedule>;
  /** Nothing comes until `resume`. False: it is not there. */
  pause(address: ActorAddress, id: string): Promise<boolean>;
  /** One that was due once meanwhile comes now. False: it is not there. */
  resume(address: ActorAddress, id: string): Promise<boolean>;
  /** False: it was not there. */
  delete(address: ActorAddress, id: string): Promise<boolean>;
  /** It was due, and what came of it is in the mailbox. */
  fired(address: ActorAddress, schedule: Schedule, at: number): Promise<void>;
  /** Starts what a crash left without a clock, and ends the clocks of what was forgotten or is over. */
  sweep(tenants: readonly string[], now: number): Promise<void>;
  close(): Promise<void>;
};

/** A schedule's name among all of a shard's. */
const clockId = ({ tenant, conversation }: ActorAddress, id: string): string => jobId('s', tenant, conversation, id);

/** When it is due next, milliseconds since the epoch; undefined: not any more, or it is paused. */
export function nextAt(schedule: KeptSchedule, now: number): number | undefined {
  const { rule, at, lastAt = at, endsAt, paused } = schedule;
  if (paused) return undefined;
  if (rule.kind === 'once') return rule.at;
  const next =
    rule.kind === 'every'
      ? at + Math.max(1, Math.ceil((Math.max(lastAt + 1, now) - at) / rule.everyMs)) * rule.everyMs
      : nextByCron(rule.cron, rule.zone, now);
  return next === undefined || next > endsAt ? undefined : next;
}

function recurrenceOf({ rule, endsAt }: Schedule, from: number): Recurrence {
  if (rule.kind === 'once') return { at: rule.at };
  if (rule.kind === 'cron') return { cron: rule.cron, zone: rule.zone, endsAt };
  return { everyMs: rule.everyMs, from, endsAt };
}

/** A one-shot that nobody could deliver for so long is not delivered any more. */
const overdueMsMax = 30 * 86_400_000;
const isOver = ({ rule, endsAt }: Schedule, now: number): boolean =>
  now > endsAt + (rule.kind === 'once' ? overdueMsMax : 0);

export function openSchedules(shards: Shards): Schedules {
  const book = openScheduleBook(shards);
  const clocks = shards.all.map(({ tag, redis }) => openClock(schedulesQueue, tag, redis));
  const clockOf = (address: ActorAddress): Clock<Firing> => {
    const clock = clocks[shards.of(address).index];
    if (!clock) throw new Error('no such shard');
    return clock;
  };
  const start = async (address: ActorAddress, schedule: KeptSchedule, now: number): Promise<void> => {
    const { tenant, conversation } = address;
    const from = nextAt(schedule, now);
    if (from === undefined) return;
    const payload: Firing = { v: 1, tenant, conversation, schedule: schedule.id };
    await guarded(clockOf(address).start(clockId(address, schedule.id), payload, recurrenceOf(schedule, from)));
  };
  const remove = async (address: ActorAddress, id: string): Promise<boolean> => {
    const there = await book.drop(address, id);
    await guarded(clockOf(address).stop(clockId(address, id)));
    return there;
  };

  return {
    add: async (address, schedule, personMax) => {
      const outcome = await book.add(address, schedule, personMax);
      const kept = outcome === 'full' ? undefined : await book.find(address, schedule.id);
      if (kept) await start(address, kept, Date.now());
      return outcome;
    },
    find: (address, id) => book.find(address, id),
    of: (address) => book.of(address),
    list: (tenant) => book.list(tenant),
    pause: async (address, id) => {
      if (!(await book.pause(address, id, true))) return false;
      await guarded(clockOf(address).stop(clockId(address, id)));
      return true;
    },
    resume: async (address, id) => {
      if (!(await book.pause(address, id, false))) return false;
      const schedule = await book.find(address, id);
      if (schedule) await start(address, schedule, Date.now());
      return schedule !== undefined;
    },
    delete: remove,
    fired: async (address, { id, rule }, at) => {
      if (rule.kind === 'once') await book.drop(address, id);
      else await book.fired(address, id, at);
    },
    sweep: async (tenants, now) => {
      for (const tenant of tenants)
        for await (const schedule of book.list(tenant))
          await (isOver(schedule, now) ? remove(schedule, schedule.id) : start(schedule, schedule, now));
      for (const clock of clocks)
        for await (const { id, payload } of clock.running()) {
          const firing = Firing.safeParse(payload).data;
          if (firing === undefined || (await book.find(firing, firing.schedule)) === undefined) await clock.stop(id);
        }
    },
    close: async () => void (await Promise.all(clocks.map((clock) => clock.close()))),
  };
}

async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw redisError(error);
  }
}
