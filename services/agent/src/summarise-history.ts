import type { BudgetHit, Journal, ModelOutcome } from '@queueclaw/contracts';
import type { Summary } from '@queueclaw/queues';
import { counter } from '@queueclaw/runtime';
import { collectOutcome, type Next, summarised, summaryRequest, type TurnInput, withoutBefore } from '@queueclaw/turn';
import type { Halt } from './budget.js';
import type { Step } from './step.js';

const summariesTotal = counter('queueclaw_summaries_total', 'Older parts of conversations summarised', ['outcome']);

/** What of a conversation a turn reads; it changes when older messages are summarised. */
export type Memory = Pick<TurnInput, 'history' | 'from' | 'unread' | 'summary' | 'compact'>;

/** What came of it. `go on`: with this memory, from `begin`. */
export type Summing =
  | { readonly did: 'end'; readonly summary: Summary }
  | { readonly did: 'refuse'; readonly journal: Journal; readonly hit: BudgetHit }
  | { readonly did: 'go on'; readonly memory: Memory };

const stale: Summing = { did: 'end', summary: { outcome: 'stale' } };

/** A journal that says who asked, for the budgets. */
const askedBy = ({ compact, turn, now }: TurnInput): Journal => ({
  ...{ v: 1, turn, step: 1, startedAt: now, entries: [], pending: [], toolCalls: 0 },
  usage: { inputTokens: 0, outputTokens: 0 },
  answers:
    compact === undefined
      ? []
      : [{ v: 1, kind: 'person', id: compact.id, from: compact.from, route: compact.route, at: compact.at }],
});

/**
 * Has the part of the transcript that `next` names summarised, and writes what came of it: the summary is durable before
 * anything is asked with it, so that a crash afterwards does not pay for it again.
 * @throws AppError system.*
 */
export async function summariseHistory(
  step: Step,
  input: TurnInput,
  next: Extract<Next, { do: 'summarise' }>,
): Promise<Summing> {
  const { deps, address, lease, profile, running, log } = step;
  const memory: Memory = input;
  const { until } = next;
  let outcome: ModelOutcome | undefined;
  if (until !== undefined) {
    const journal = next.journal ?? askedBy(input);
    const entries = await lease.past(input.from - input.unread, until);
    const request = summaryRequest(input, { turn: journal.turn, until }, entries);
    const model = deps.models.get(profile.model);
    const permit = await deps.budget.permit(address, journal, request, model.name, input.now);
    let halt: Halt | undefined;
    outcome = { ok: false, text: '', failure: { code: 'budget.exceeded', publicMessage: '' } };
    if (permit.do === 'ask') {
      outcome = await collectOutcome(model.stream(permit.request, running.signal()), () => undefined);
      halt = permit.over();
      summariesTotal.inc({ outcome: outcome.ok ? 'ok' : outcome.failure.code });
      log(`summary until ${until}: ${outcome.ok ? 'ok' : outcome.failure.code}`);
    } else halt = permit;
    if (halt?.do === 'wait') {
      await lease.release({ delayMs: halt.delayMs, blameless: true });
      return { did: 'end', summary: { outcome: 'waiting for budget' } };
    }
    if (halt?.do === 'refuse' && !next.asked) return { did: 'refuse', journal, hit: halt.hit };
    const interruption = running.interruption();
    if (interruption === 'stale') return stale;
    if (interruption === 'stopping' && !outcome.ok) {
      await lease.release({ blameless: true });
      deps.waker.hint(address, { why: 'more' });
      return { did: 'end', summary: { outcome: 'released' } };
    }
    if (interruption === 'news') {
      running.resume();
      // Whoever says stop is seen to first; what was aborted is asked for again if it is still needed.
      if (!outcome.ok) {
        const seen = await lease.summarise({ commandDone: false, replies: [] });
        return seen ? { did: 'go on', memory } : stale;
      }
    }
  }
  const change = summarised(input, next, outcome);
  if (!(await lease.summarise(change))) return stale;
  deps.replies.announce(address, change.replies);
  const rest = next.asked ? { ...memory, compact: undefined } : memory;
  const { summary } = change;
  if (summary === undefined) return { did: 'go on', memory: rest };
  const read = summary.failed === true ? rest : withoutBefore(rest, summary.until);
  return { did: 'go on', memory: { ...read, summary } };
}
