import {
  type BudgetScope,
  budgetScopes,
  budgetTag,
  type BudgetUnit,
  budgetUnits,
  type Keyspace,
  keys,
} from '@queueclaw/contracts';
import { redisError } from '@queueclaw/mailbox';
import type { Redis } from 'ioredis';
import { dayAt } from './day.js';
import type { BudgetLimits } from './limits.js';

/** Whose budgets a turn uses up. */
export type Payer = {
  readonly tenant: string;
  readonly conversation: string;
  /** A name made by `personOf`. */
  readonly person: string;
};

export type Standing = {
  readonly day: string;
  /** When the next day begins, milliseconds since the epoch. */
  readonly resetsAt: number;
  /** Every budget that has a limit; `used` includes what is reserved at the moment. Money in millionths. */
  readonly budgets: readonly {
    readonly scope: BudgetScope;
    readonly unit: BudgetUnit;
    readonly limit: number;
    readonly used: number;
  }[];
};

/** The three hashes of a day, in the order person, conversation, tenant. */
export function budgetKeys(space: Keyspace, payer: Payer, day: string): readonly [string, string, string] {
  const tag = budgetTag(space, payer.tenant);
  return [
    keys.budget(tag, day, 'person', payer.person),
    keys.budget(tag, day, 'conversation', payer.conversation),
    keys.budget(tag, day, 'tenant', payer.tenant),
  ];
}

/**
 * What is left of the day's budgets.
 * @param now milliseconds since the epoch
 * @throws AppError system.unavailable
 */
export async function standingOf(
  redis: Redis,
  space: Keyspace,
  limits: BudgetLimits,
  payer: Payer,
  now: number,
): Promise<Standing> {
  const day = dayAt(now, limits.timezone);
  const names = budgetKeys(space, payer, day.name);
  try {
    const used = limits.any ? await Promise.all(names.map(async (name) => redis.hmget(name, ...budgetUnits))) : [];
    const budgets = budgetScopes.flatMap((scope, at) =>
      budgetUnits.flatMap((unit, of) => {
        const limit = limits.of[scope][unit];
        return limit === undefined ? [] : [{ scope, unit, limit, used: Number(used[at]?.[of] ?? 0) }];
      }),
    );
    return { day: day.name, resetsAt: day.endsAt, budgets };
  } catch (error) {
    throw redisError(error);
  }
}
