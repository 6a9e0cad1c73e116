import { budgetTag, type Keyspace, keys } from '@queueclaw/contracts';
import { type Config, counter, newTicket } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import { type Day, dayAt } from './day.js';
import { timezoneFor } from './limits.js';
import { scriptsOn } from './script.js';
import { type UsageCounts, usageCounts } from './usage-of.js';

const lostTotal = counter('queueclaw_usage_uncounted_total', 'Usage that could not be written and was dropped', []);

/** Days that usage is kept. */
export const usageDays = 90;
const dayMs = 86_400_000;
const flushEveryMs = 1_000;
/** People of one script call: about a millisecond of Redis. */
const peoplePerBatch = 200;
/** Rows that wait in memory while Redis is away. */
const rowsMax = 50_000;
const rankedMax = 1_000;
const modelsMax = 64;
/** A process that has written nothing for so long writes nothing again. */
const writerMs = 3_600_000;

export type UsedBy = {
  readonly tenant: string;
  /** A name made by `personOf`. */
  readonly person?: string | undefined;
  /** The configured or the vendor's name, when a model was asked. */
  readonly model?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

export type UsageCounter = {
  /** Adds to the figures; costs no command. */
  count(by: UsedBy, used: Partial<UsageCounts>): void;
  /** Writes what was counted. Never rejects: what cannot be written is kept for the next time. */
  flush(): Promise<void>;
  /** Writes the rest. */
  close(): Promise<void>;
};

export type UsageCounterOptions = {
  readonly redis: Redis;
  readonly space: Keyspace;
  /** What is in force now: says whose midnight begins a day. */
  readonly limits: () => Config['limits'];
};

type Counts = number[];
type Batch = {
  readonly tenant: string;
  readonly day: Day;
  /** '': all of them. */
  readonly models: Map<string, Counts>;
  readonly people: Map<string, Counts>;
};
type Numbered = Batch & { readonly number: number };

const sizeOf = ({ models, people }: Batch): number => models.size + people.size;

/** Adds to a row; true when it is a new one. */
function addTo(rows: Map<string, Counts>, name: string, used: Partial<UsageCounts>): boolean {
  const known = rows.get(name);
  const counts = known ?? usageCounts.map(() => 0);
  if (!known) rows.set(name, counts);
  for (const [at, unit] of usageCounts.entries()) counts[at] = (counts[at] ?? 0) + (used[unit] ?? 0);
  return known === undefined;
}

/**
 * Counts usage in memory and writes it once a second and at the end: a turn costs no command for it, and a process that is
 * killed loses the figures of its last second. Budgets do not depend on it.
 */
export function openUsageCounter({ redis, space, limits }: UsageCounterOptions): UsageCounter {
  const run = scriptsOn(redis);
  const writer = newTicket();
  const batches = new Map<string, Batch>();
  /** Written perhaps: sent again unchanged until Redis says so. */
  const sending: Numbered[] = [];
  let numbers = 0;
  let rowsWaiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;

  const write = async ({ tenant, day, models, people, number }: Numbered): Promise<void> => {
    const tag = budgetTag(space, tenant);
    const oldest = dayAt(day.endsAt - usageDays * dayMs).name;
    const lifetime = usageDays * dayMs;
    await run(
      'countUsage',
      [
        ...[keys.usageWriter(tag, writer), keys.tenantUsage(tag, day.name), keys.usageRanking(tag, day.name)],
        ...[...people.keys()].map((person) => keys.personUsage(tag, person)),
      ],
      [
        ...[number, writerMs, day.name, day.endsAt + lifetime, lifetime, oldest, rankedMax, modelsMax, models.size],
        ...[...models, ...people].flatMap(([name, counts]) => [name, ...counts]),
      ],
    );
  };
  const collect = (): void => {
    for (const { tenant, day, models, people } of batches.values()) {
      const everybody = [...people];
      for (let at = 0; at === 0 || at < everybody.length; at += peoplePerBatch) {
        const some = new Map(everybody.slice(at, at + peoplePerBatch));
        sending.push({
          tenant,
          day,
          models: at === 0 ? models : new Map<string, Counts>(),
          people: some,
          number: (numbers += 1),
        });
      }
    }
    batches.clear();
  };
  const send = async (): Promise<void> => {
    collect();
    for (let next = sending[0]; next !== undefined; next = sending[0]) {
      try {
        await write(next);
      } catch {
        return schedule();
      }
      rowsWaiting -= sizeOf(next);
      sending.shift();
    }
  };
  const flush = (): Promise<void> => {
    flushing ??= send().finally(() => (flushing = undefined));
    return flushing;
  };
  const schedule = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void flush();
    }, flushEveryMs).unref();
  };

  return {
    count: ({ tenant, person, model, now }, used) => {
      if (rowsWaiting >= rowsMax) return lostTotal.inc();
      const day = dayAt(now, timezoneFor(limits(), tenant));
      const place = `${tenant} ${day.name}`;
      let batch = batches.get(place);
      if (!batch) batches.set(place, (batch = { tenant, day, models: new Map(), people: new Map() }));
      const added = [addTo(batch.models, '', used)];
      if (model !== undefined && model !== '') added.push(addTo(batch.models, model, used));
      if (person !== undefined && person !== '') added.push(addTo(batch.people, person, used));
      rowsWaiting += added.filter(Boolean).length;
      schedule();
    },
    flush: async () => {
      await flushing;
      await flush();
    },
    close: async () => {
      await flushing;
      await flush();
      clearTimeout(timer);
    },
  };
}
