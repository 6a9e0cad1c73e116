import {
  type ActorAddress,
  type BudgetHit,
  estimateRequestTokens,
  type Journal,
  type ModelOutcome,
  type ModelRequest,
  personOf,
} from '@queueclaw/contracts';
import {
  dayAt,
  limitsFor,
  openBudgets,
  openUsageCounter,
  type Payer,
  type Reservation,
  standingOf,
  usageOf,
} from '@queueclaw/budgets';
import { type Config, counter } from '@queueclaw/runtime';
import type { TurnInput, UsageFacts } from '@queueclaw/turn';
import type { Door } from '@queueclaw/conversations';
import { priceBound, spentOf } from './spent-of.js';

const refusalsTotal = counter('queueclaw_budget_refusals_total', 'Turns and tool calls refused by a budget', [
  'scope',
  'unit',
]);
const waitsTotal = counter('queueclaw_budget_waits_total', 'Steps that waited for what others had reserved', []);
const costTotal = counter('queueclaw_cost_micros_total', 'Cost of models, millionths of the currency', ['model']);

/** What a budget says before a model is asked. */
export type Permit =
  /** Ask this, which may have a shorter answer than was wished for; then say what came of it. */
  | { readonly do: 'ask'; readonly request: ModelRequest; spent(outcome: ModelOutcome): void }
  | { readonly do: 'wait'; readonly delayMs: number }
  | { readonly do: 'refuse'; readonly hit: BudgetHit };

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

  /** Counts an answer, and settles what was reserved for it. */
  const spent = (
    reservation: Reservation | undefined,
    payer: Payer,
    request: ModelRequest,
    model: string,
    now: number,
    outcome: ModelOutcome,
  ): void => {
    const used = spentOf(outcome, () => estimateRequestTokens(request), priceBound(settings().llm, model));
    const { inputTokens, outputTokens, cachedTokens = 0, costMicros = 0 } = used;
    const answered = (outcome.ok ? outcome.model : model).slice(0, 64);
    if (reservation) budgets.settle(reservation, { tokens: inputTokens + outputTokens, costMicros });
    if (costMicros > 0) costTotal.inc({ model: answered }, costMicros);
    const { tenant, person } = payer;
    usage.count(
      { tenant, person, model: answered, now },
      { inputTokens, outputTokens, cachedTokens, costMicros, requests: 1 },
    );
  };

  return {
    permit: async (address, account, request, model, now) => {
      const payer = payerOf(address, account.answers[0]);
      if (!budgets.limited(address.tenant))
        return { do: 'ask', request, spent: (outcome) => spent(undefined, payer, request, model, now, outcome) };
      const { llm } = settings();
      const verdict = await budgets.reserve({
        ...{ payer, now, turn: turnName(account), first: account.step === 0 },
        inputTokens: estimateRequestTokens(request),
        outputTokensMax: request.maxOutputTokens,
        price: priceBound(llm, model) ?? { input: 0, output: 0 },
        forMs: llm.timeouts.total * (1 + llm.fallbacks.length),
      });
      if (verdict.ok) {
        const { reservation } = verdict;
        const shortened = { ...request, maxOutputTokens: reservation.outputTokensMax };
        return {
          do: 'ask',
          request: shortened,
          spent: (outcome) => spent(reservation, payer, request, model, now, outcome),
        };
      }
      if ('hit' in verdict) {
        refusalsTotal.inc({ scope: verdict.hit.scope, unit: verdict.hit.unit });
        return { do: 'refuse', hit: verdict.hit };
      }
      waitsTotal.inc();
      return { do: 'wait', delayMs: Math.min(delayMsMax, Math.max(delayMsMin, verdict.waitedMs / 2)) };
    },
    calls: async (address, journal, now) => {
      if (!budgets.limited(address.tenant)) return undefined;
      const wanted = journal.pending.length;
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
