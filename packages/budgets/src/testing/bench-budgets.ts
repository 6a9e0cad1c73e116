import { type Keyspace } from '@queueclaw/contracts';
import { Config, connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { type Budgets, openBudgets, type Reservation, type Spent, type Wish } from '../budgets.js';
import { type BudgetLimits, limitsFor } from '../limits.js';
import { type Payer, type Standing, standingOf } from '../standing-of.js';

/** Budgets of one configuration on the shared Redis, in a namespace of their own. */
export type Bench = {
  readonly redis: Redis;
  readonly space: Keyspace;
  readonly limits: BudgetLimits;
  /** Another process. */
  open(waitMs?: number): Budgets;
  wish(more?: Partial<Wish>): Wish;
  /** Reserves, and fails the test when it is not granted. */
  granted(budgets: Budgets, more?: Partial<Wish>): Promise<Reservation>;
  /** Settles and waits until Redis has it. */
  settled(reservation: Reservation, spent: Spent): Promise<void>;
  standing(payer?: Payer, now?: number): Promise<Standing>;
  used(unit: string, now?: number): Promise<number[]>;
  close(): Promise<void>;
};

export const ada: Payer = { tenant: 'default', conversation: 'c1', person: 'http.ada' };

/** `budgets` as in the configuration file. */
export async function openBench(budgets: unknown, redisUrl?: string): Promise<Bench> {
  const config = Config.parse({ limits: { budgets } }).limits;
  const redis = connectRedis(redisUrl ?? (await sharedRedis()), 'command', () => undefined);
  const space = { namespace: uniqueNamespace(), shards: 1 };
  const limits = limitsFor(config, 'default');
  const opened: Budgets[] = [];
  let turns = 0;
  const bench: Bench = {
    redis,
    space,
    limits,
    open: (waitMs = 0) => {
      const one = openBudgets({ redis, space, limits: () => config, waitMs });
      opened.push(one);
      return one;
    },
    wish: (more = {}) => ({
      payer: ada,
      now: Date.now(),
      turn: `turn ${(turns += 1)}`,
      first: true,
      inputTokens: 100,
      outputTokensMax: 1_000,
      price: { input: 1, output: 2 },
      forMs: 60_000,
      ...more,
    }),
    granted: async (one, more) => {
      const verdict = await one.reserve(bench.wish(more));
      if (!verdict.ok) throw new Error(JSON.stringify(verdict));
      return verdict.reservation;
    },
    settled: async (reservation, spent) => {
      const one = openBudgets({ redis, space, limits: () => config });
      one.settle(reservation, spent);
      await one.close();
    },
    standing: (payer = ada, now = Date.now()) => standingOf(redis, space, limits, payer, now),
    used: async (unit, now) =>
      (await bench.standing(ada, now)).budgets.filter((one) => one.unit === unit).map(({ used }) => used),
    close: async () => {
      for (const one of opened) await one.close();
      redis.disconnect();
    },
  };
  return bench;
}
