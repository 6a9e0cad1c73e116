import { budgetTag, type Keyspace, keys } from '@queueclaw/contracts';
import { redisError } from '@queueclaw/mailbox';
import type { Redis } from 'ioredis';

/** What was used up, in the order it is kept. */
export const usageCounts = [
  'inputTokens',
  'outputTokens',
  'cachedTokens',
  'costMicros',
  'requests',
  'toolCalls',
  'turns',
] as const;

/** Usage of one day. `cachedTokens` are among `inputTokens`; `costMicros` in millionths of the configured currency. */
export type UsageCounts = Readonly<Record<(typeof usageCounts)[number], number>>;

export type UsageQuery = {
  readonly tenant: string;
  /** A name made by `personOf`; absent: the whole tenant. */
  readonly person?: string | undefined;
  /** The name of a day, `20261123`: see `dayAt`. */
  readonly day: string;
};

export type UsageReport = {
  readonly day: string;
  readonly total: UsageCounts;
  /** By the model's name; empty for a person. */
  readonly models: Readonly<Record<string, UsageCounts>>;
  /** Who used most, at most 100, with their tokens in and out; empty for a person. */
  readonly people: readonly { readonly person: string; readonly tokens: number }[];
};

const peopleShown = 100;

const readCounts = (packed: string | null | undefined): UsageCounts => {
  const counts = (packed ?? '').split(' ').map(Number);
  const at = (index: number): number => counts[index] || 0;
  return {
    inputTokens: at(0),
    outputTokens: at(1),
    cachedTokens: at(2),
    costMicros: at(3),
    requests: at(4),
    toolCalls: at(5),
    turns: at(6),
  };
};

/**
 * What a tenant, or one of its people, used on one day of the last 90; zeros when nothing is known. It is up to a second late.
 * @throws AppError system.unavailable
 */
export async function usageOf(redis: Redis, space: Keyspace, query: UsageQuery): Promise<UsageReport> {
  const { tenant, person, day } = query;
  const tag = budgetTag(space, tenant);
  try {
    if (person !== undefined) {
      const packed = await redis.hget(keys.personUsage(tag, person), day);
      return { day, total: readCounts(packed), models: {}, people: [] };
    }
    const [all, ranked] = await Promise.all([
      redis.hgetall(keys.tenantUsage(tag, day)),
      redis.zrevrange(keys.usageRanking(tag, day), 0, peopleShown - 1, 'WITHSCORES'),
    ]);
    const { '': total, ...models } = all;
    return {
      day,
      total: readCounts(total),
      models: Object.fromEntries(Object.entries(models).map(([model, packed]) => [model, readCounts(packed)])),
      people: ranked.flatMap((name, at) => (at % 2 === 0 ? [{ person: name, tokens: Number(ranked[at + 1]) }] : [])),
    };
  } catch (error) {
    throw redisError(error);
  }
}
