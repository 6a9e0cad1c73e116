import {
  AppError,
  type BudgetHit,
  type BudgetScope,
  budgetScopes,
  budgetTag,
  type BudgetUnit,
  type Keyspace,
  keys,
} from '@queueclaw/contracts';
import { type Config, newId } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import { type Day, dayAt } from './day.js';
import { type BudgetLimits, limitsFor } from './limits.js';
import { type RunScript, scriptsOn } from './script.js';
import { openSettler } from './settler.js';
import { budgetKeys, type Payer } from './standing-of.js';

/** Money per token, in millionths of the currency: the same number as money per million tokens. */
export type TokenPrice = { readonly input: number; readonly output: number };

/** A model call that somebody wants to make. */
export type Wish = {
  readonly payer: Payer;
  /** Milliseconds since the epoch, of Redis' clock; decides the day. */
  readonly now: number;
  /** The turn's name: different for every turn there ever is, the same when a crash repeats it. */
  readonly turn: string;
  /** Its first step counts the turn, once however often it is repeated. */
  readonly first: boolean;
  /** Not below what the vendor will count. */
  readonly inputTokens: number;
  readonly outputTokensMax: number;
  /** The dearest model that may be asked. */
  readonly price: TokenPrice;
  /** How long the call can take at most, milliseconds. */
  readonly forMs: number;
};

/** What was put aside for one call. */
export type Reservation = {
  readonly id: string;
  readonly payer: Payer;
  readonly day: Day;
  /** What the answer may have: not more than was wished for. */
  readonly outputTokensMax: number;
};

export type Verdict =
  | { readonly ok: true; readonly reservation: Reservation }
  /** There is not enough now, but others hold something that they may give back; it has waited for so long. */
  | { readonly ok: false; readonly waitedMs: number }
  | { readonly ok: false; readonly hit: BudgetHit };

export type Spent = { readonly tokens: number; readonly costMicros: number };

/** How many of a step's tool calls may go out, and which budget has no room for the others. */
export type CallsVerdict = { readonly calls: number; readonly hit?: BudgetHit };

/** The budgets of all tenants. */
export type Budgets = {
  /** False for a tenant without limits: then nothing needs to be asked. */
  limited(tenant: string): boolean;
  /**
   * Puts aside what a call may cost, in all budgets or in none. What is not settled stays counted in full.
   * @throws AppError system.full, system.unavailable: nobody may spend what cannot be counted
   */
  reserve(wish: Wish): Promise<Verdict>;
  /** Puts what was spent in the place of what was put aside; in the background, again and again until Redis has it. */
  settle(reservation: Reservation, spent: Spent): void;
  /**
   * Counts a step's tool calls. `step` is the step's name: repeated, it replaces what it counted before.
   * @throws AppError system.unavailable
   */
  takeCalls(wish: Pick<Wish, 'payer' | 'now'>, step: string, calls: number): Promise<CallsVerdict>;
  /** Resolves when everything is settled, or after two seconds. */
  close(): Promise<void>;
};

export type BudgetsOptions = {
  readonly redis: Redis;
  readonly space: Keyspace;
  /** What is in force now. */
  readonly limits: () => Config['limits'];
  /** How long a turn waits at most for what others hold, milliseconds. */
  readonly waitMs?: number;
};

/** Fewer output tokens are no answer; who has less left is refused. */
export const outputTokensMin = 256;
const usualWaitMs = 60_000;
/** A day's counts are kept this much longer, for calls that end after it. */
const lateMs = 86_400_000;

const or = (limit: number | undefined): number | '' => limit ?? '';

/** Opens budgets on a `command` connection. */
export function openBudgets({ redis, space, limits, waitMs = usualWaitMs }: BudgetsOptions): Budgets {
  const run = scriptsOn(redis);
  const settler = openSettler(async ({ id, payer, day }, spent) => settleOnce(run, space, id, payer, day, spent));
  const of = (tenant: string): BudgetLimits => limitsFor(limits(), tenant);
  const hit = (all: BudgetLimits, day: Day, at: number, unit: BudgetUnit): BudgetHit => {
    const scope = scopeAt(at);
    return { scope, unit, limit: all.of[scope][unit] ?? 0, currency: all.currency, resetsAt: day.endsAt };
  };

  return {
    limited: (tenant) => of(tenant).any,
    reserve: async (wish) => {
      const all = of(wish.payer.tenant);
      const day = dayAt(wish.now, all.timezone);
      const id = newId(wish.now);
      const { payer, outputTokensMax: most, price } = wish;
      const answer = (await run('reserve', namesOf(space, id, payer, day), [
        ...[day.endsAt + lateMs, Math.ceil(wish.inputTokens), most, Math.min(outputTokensMin, most)],
        ...[price.input, price.output, wish.turn, wish.first ? 1 : 0, Math.ceil(wish.forMs), waitMs],
        ...budgetScopes.flatMap((scope) => {
          const { tokens, money, turns } = all.of[scope];
          return [or(tokens), or(money), or(turns)];
        }),
      ])) as readonly unknown[];
      if (answer[0] === 'ok') return { ok: true, reservation: { id, payer, day, outputTokensMax: Number(answer[1]) } };
      if (answer[0] === 'wait') return { ok: false, waitedMs: Number(answer[1]) };
      if (answer[0] === 'refused') return { ok: false, hit: hit(all, day, Number(answer[1]), answer[2] as BudgetUnit) };
      throw new AppError('system.internal');
    },
    settle: settler.settle,
    takeCalls: async ({ payer, now }, step, calls) => {
      const all = of(payer.tenant);
      const day = dayAt(now, all.timezone);
      const args = [day.endsAt + lateMs, step, calls, ...budgetScopes.map((scope) => or(all.of[scope].tool_calls))];
      const answer = (await run('takeCalls', budgetKeys(space, payer, day.name), args)) as readonly number[];
      const [granted = 0, scope = 0] = answer;
      return { calls: granted, ...(scope === 0 ? {} : { hit: hit(all, day, scope, 'tool_calls') }) };
    },
    close: settler.close,
  };
}

function scopeAt(at: number): BudgetScope {
  return budgetScopes[at - 1] ?? 'tenant';
}

const namesOf = (space: Keyspace, id: string, payer: Payer, day: Day): readonly string[] => [
  keys.reservation(budgetTag(space, payer.tenant), id),
  ...budgetKeys(space, payer, day.name),
];

/** A settled reservation is remembered longer than any connection sends something again. */
const rememberMs = 60_000;

async function settleOnce(
  run: RunScript,
  space: Keyspace,
  id: string,
  payer: Payer,
  day: Day,
  spent: Spent,
): Promise<void> {
  const whole = (count: number): number => Math.max(0, Math.ceil(count));
  await run('settle', namesOf(space, id, payer, day), [whole(spent.tokens), whole(spent.costMicros), rememberMs]);
}
