import type { Journal, PhraseKey } from '@queueclaw/contracts';
import type { TurnInput } from './turn-input.js';

/** The limit that was reached, as the sentence that tells the person. */
export type LimitHit = { readonly key: PhraseKey; readonly values: Readonly<Record<string, number>> };

/** When a turn's time is over, milliseconds since the epoch. */
export function turnEndsAt(journal: Journal, input: TurnInput): number {
  return journal.startedAt + input.agent.limits.turnMs + (journal.waitedMs ?? 0);
}

/** The limit that forbids another model answer; undefined when there is room for one. */
export function limitHit(journal: Journal, input: TurnInput): LimitHit | undefined {
  const { steps, tokens, turnMs } = input.agent.limits;
  if (input.now >= turnEndsAt(journal, input)) {
    return { key: 'limit.time', values: { seconds: Math.round(turnMs / 1_000) } };
  }
  if (journal.step >= steps) return { key: 'limit.steps', values: { count: steps } };
  if (journal.usage.inputTokens + journal.usage.outputTokens >= tokens) {
    return { key: 'limit.tokens', values: { count: tokens } };
  }
  return undefined;
}
