import { dayAt, timezoneFor, type UsageReport, usageOf } from '@queueclaw/budgets';
import type { Keyspace } from '@queueclaw/contracts';
import type { Config } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';

export type DayOfUsage = UsageReport & {
  readonly tenant: string;
  /** The label of money. */
  readonly currency: string;
  /** Names of the days before and after; there is none after today. */
  readonly before: string;
  readonly after?: string;
};

/** Reads what a tenant used on one day, today when none is named. */
export type ReadUsage = (tenant: string, day?: string) => Promise<DayOfUsage>;

const dayMs = 86_400_000;

/** The name of the day so many days after another; names are dates, so no zone matters. */
function dayAfter(day: string, days: number): string {
  const at = Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)));
  return dayAt(at + days * dayMs).name;
}

/**
 * Opens the usage of all tenants.
 * @param inForce the limits as they are is in force now
 * @param now milliseconds since the epoch
 */
export function openUsage(
  redis: Redis,
  space: Keyspace,
  inForce: () => Config['limits'],
  now: () => number,
): ReadUsage {
  return async (tenant, wanted) => {
    const limits = inForce();
    const today = dayAt(now(), timezoneFor(limits, tenant)).name;
    const day = wanted ?? today;
    const report = await usageOf(redis, space, { tenant, day });
    return {
      ...report,
      ...{ tenant, currency: limits.currency, before: dayAfter(day, -1) },
      ...(day < today ? { after: dayAfter(day, 1) } : {}),
    };
  };
}
