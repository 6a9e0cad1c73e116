import type { Journal, PersonMail, TranscriptEntry, Usage } from '@queueclaw/contracts';
import type { TurnInput } from './turn-input.js';

/** The journal of a turn that has not read anything yet. */
export function newJournal(input: TurnInput): Journal {
  return {
    v: 1,
    turn: input.turn,
    step: 0,
    startedAt: input.now,
    answers: [],
    entries: [],
    pending: [],
    toolCalls: 0,
    usage: { inputTokens: 0, outputTokens: 0 },
  };
}

/** A person's message as a transcript remembers it. */
export function userEntry(mail: PersonMail, turn: number): TranscriptEntry {
  return { v: 1, turn, at: mail.at, role: 'user', id: mail.id, text: mail.text, from: mail.from };
}

/** The sum of two usages; cached tokens only when one of them counts any. */
export function addUsage(a: Usage, b: Usage | undefined): Usage {
  if (b === undefined) return a;
  const cached = (a.cachedTokens ?? 0) + (b.cachedTokens ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...(cached === 0 ? {} : { cachedTokens: cached }),
  };
}
