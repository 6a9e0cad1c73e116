import {
  type ActorAddress,
  type AppError,
  type BudgetHit,
  errorTable,
  estimateRequestTokens,
  type Journal,
  type Meter,
  type ModelRequest,
  personOf,
  toAppError,
  type Usage,
} from '@queueclaw/contracts';
import {
  dayAt,
  limitsFor,
  openBudgets,
  openUsageCounter,
  type Payer,
  type Reservation,
  standingOf,
  type TokenPrice,
  usageOf,
  type Verdict,
} from '@queueclaw/budgets';
import { type Config, counter } from '@queueclaw/runtime';
import type { TurnInput, UsageFacts } from '@queueclaw/turn';
import type { Door } from '@queueclaw/conversations';
import { priceBound, withCost } from './price-bound.js';

const refusalsTotal = counter('queueclaw_budget_refusals_total', 'Turns and tool calls refused by a budget', [
  'scope',
  'unit',
]);
const waitsTotal = counter('queueclaw_budget_waits_total', 'Steps that waited for what others had reserved', []);
const costTotal = counter('queueclaw_cost_micros_total', 'Cost of models, millionths of the currency', ['model']);

/** Why a model is not asked, or not again. */
export type Halt =
  | { readonly do: 'wait'; readonly delayMs: number }
  | { readonly do: 'refuse'; readonly hit: BudgetHit };

/** What a budget says before a model is asked. */
export type Permit =
  /**
   * Ask this, which may have a shorter answer than was wished for and pays for each of its tries; then say that it is over:
   * what was not used is given back, and what kept a further try from being made is told.
   * `over` throws AppError system.*: a further try could not be counted.
   */
  { readonly do: 'ask'; readonly request: ModelRequest; over(): Halt | undefined } | Halt;

type FirstMail = Pick<Journal['answers'][number], 'id' | 'at' | 'from' | 'route'>;

/** What of a journal says who pays and what is counted: the turn itself with step 0. */
export type Account = Pick<Journal, 'turn' | 'step'> & { readonly answers: readonly FirstMail[] };

/** Holds the turns of this process to the budgets of the day, and counts what they use. */
export type TurnBudget = {
  /**
   * @param model the configured name
   * @throws AppError system.full, system.unavailable: what cannot be counted is not spent
   */
  permit(address: ActorAddress, account: Account, request: ModelRequest, model: string, now: number): Promise<Permit>;
  /**
   * Counts the calls that a journal is about to send out; undefined: all of them may.
   * @throws AppError system.unavailable
   */
  calls(address: ActorAddress, journal: Journal, now: number): Promise<TurnInput['callBudget']>;
  /** So many calls went out. */
  sent(address: ActorAddress, journal: Journal, calls: number, now: number): void;
  /** What a person has used today, and what the budgets say; undefined when that cannot be read now. */
  told(address: ActorAddress, first: FirstMail, now: number): Promise<UsageFacts | undefined>;
  /** A turn is over. */
  ended(address: ActorAddress, first: Pick<FirstMail, 'from' | 'route'> | undefined, now: number): void;
  close(): Promise<void>;
};

const delayMsMin = 500;
const delayMsMax = 5_000;

/** Who wrote first pays for the turn. */
const payerOf = (
  { tenant, conversation }: ActorAddress,
  first: Pick<FirstMail, 'from' | 'route'> | undefined,
): Payer => ({
  ...{ tenant, conversation },
  person: first === undefined ? 'nobody' : personOf(first),
});

/** The same whenever a crash repeats the turn, and never again: not even for a conversation that was forgotten. */
const turnName = ({ turn, answers: [first] }: Account): string => `${turn} ${first?.id ?? ''} ${first?.at ?? 0}`;

/** Opens the budgets on a door's connection. @param settings what is in force now */
export function openTurnBudget({ redis, space }: Pick<Door, 'redis' | 'space'>, settings: () => Config): TurnBudget {
  const limits = (): Config['limits'] => settings().limits;
  const budgets = openBudgets({ redis, space, limits });
  const usage = openUsageCounter({ redis, space, limits });

  /** Counts a try, and settles what was reserved for it. */
  const spent = (held: Reservation | undefined, payer: Payer, used: Usage, model: string, now: number): void => {
    const { inputTokens, outputTokens, cachedTokens = 0, costMicros = 0 } = used;
    if (held) budgets.settle(held, { tokens: inputTokens + outputTokens, costMicros });
    if (costMicros > 0) costTotal.inc({ model }, costMicros);
    const { tenant, person } = payer;
    usage.count({ tenant, person, model, now }, { inputTokens, outputTokens, cachedTokens, costMicros, requests: 1 });
  };

  const haltOf = (verdict: Exclude<Verdict, { ok: true }>): Halt => {
    if ('hit' in verdict) {
      refusalsTotal.inc({ scope: verdict.hit.scope, unit: verdict.hit.unit });
      return { do: 'refuse', hit: verdict.hit };
    }
    waitsTotal.inc();
    return { do: 'wait', delayMs: Math.min(delayMsMax, Math.max(delayMsMin, verdict.waitedMs / 2)) };
  };

  return {
    permit: async (address, account, request, model, now) => {
      const payer = payerOf(address, account.answers[0]);
      const isLimited = budgets.limited(address.tenant);
      const price = (): TokenPrice | undefined => priceBound(settings().llm, model);
      let held: Reservation | undefined;
      const reserve = async (): Promise<Halt | undefined> => {
        if (!isLimited) return undefined;
        const verdict = await budgets.reserve({
          ...{ payer, now, turn: turnName(account), first: account.step === 0 },
          inputTokens: estimateRequestTokens(request),
          outputTokensMax: request.maxOutputTokens,
          price: price() ?? { input: 0, output: 0 },
          // The first reservation may wait until the last model's turn comes.
          forMs: settings().llm.timeouts.total * (1 + settings().llm.fallbacks.length),
        });
        if (!verdict.ok) return haltOf(verdict);
        held = verdict.reservation;
        return undefined;
      };
      let halt = await reserve();
      if (halt) return halt;
      const most = (): number => held?.outputTokensMax ?? request.maxOutputTokens;
      let tries = 0;
      let broken: AppError | undefined;
      const meter: Meter = {
        before: async () => {
          tries += 1;
          try {
            if (tries > 1) halt = await reserve();
          } catch (thrown) {
            broken = toAppError(thrown, 'system.unavailable');
          }
          if (halt === undefined && broken === undefined) return most();
          return { code: 'budget.exceeded', publicMessage: errorTable['budget.exceeded'].says };
        },
        after: (used, answered) => {
          spent(held, payer, withCost(used, price()), answered.slice(0, 64), now);
          held = undefined;
        },
      };
      return {
        do: 'ask',
        request: { ...request, maxOutputTokens: most(), meter },
        over: () => {
          if (held) budgets.settle(held, { tokens: 0, costMicros: 0 });
          if (broken) throw broken;
          return halt;
        },
      };
    },
    calls: async (address, journal, now) => {
      if (!budgets.limited(address.tenant)) return undefined;
      const wanted = journal.pending.length + (journal.asking?.length ?? 0);
      const payer = payerOf(address, journal.answers[0]);
      const { calls, hit } = await budgets.takeCalls({ payer, now }, `${turnName(journal)} ${journal.step}`, wanted);
      if (hit === undefined || calls >= wanted) return undefined;
      refusalsTotal.inc({ scope: hit.scope, unit: hit.unit });
      return { calls, hit };
    },
    sent: ({ tenant, conversation }, journal, toolCalls, now) => {
      const { person } = payerOf({ tenant, conversation }, journal.answers[0]);
      usage.count({ tenant, person, now }, { toolCalls });
    },
    ended: (address, first, now) => {
      if (first === undefined) return;
      const { tenant, person } = payerOf(address, first);
      usage.count({ tenant, person, now }, { turns: 1 });
    },
    told: async (address, first, now) => {
      const payer = payerOf(address, first);
      const all = limitsFor(limits(), address.tenant);
      const { tenant, person } = payer;
      try {
        const [{ total }, { budgets: standing }] = await Promise.all([
          usageOf(redis, space, { tenant, person, day: dayAt(now, all.timezone).name }),
          standingOf(redis, space, all, payer, now),
        ]);
        return { ...total, currency: all.currency, budgets: standing };
      } catch {
        return undefined;
      }
    },
    close: async () => void (await Promise.all([budgets.close(), usage.close()])),
  };
}
