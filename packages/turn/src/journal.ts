import { type Journal, type PersonMail, streamChannels, type TranscriptEntry, type Usage } from '@queueclaw/contracts';
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
  const { at, id, text, attachments, from, route } = mail;
  return {
    ...{ v: 1, turn, at, role: 'user', id, text },
    ...(attachments === undefined ? {} : { attachments }),
    from,
    ...(streamChannels.includes(route.channel) ? {} : { channel: route.channel }),
  };
}

/** What was said before a message, as a transcript remembers it. Its ids are made of the message's. */
export function contextEntries(mail: PersonMail, turn: number): TranscriptEntry[] {
  const base = { v: 1 as const, turn, at: mail.at };
  return (mail.context ?? []).map(({ role, text, attachments }, at) => {
    if (role === 'assistant') return { ...base, role, text };
    const id = `${mail.id.slice(0, 100)}-before-${at + 1}`;
    return { ...base, role, id, text, ...(attachments === undefined ? {} : { attachments }), from: mail.from };
  });
}

/** The sum of two usages; cached tokens only when one of them counts any, the cost when one of them has a price. */
export function addUsage(a: Usage, b: Usage | undefined): Usage {
  if (b === undefined) return a;
  const cached = (a.cachedTokens ?? 0) + (b.cachedTokens ?? 0);
  const priced = a.costMicros !== undefined || b.costMicros !== undefined;
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...(cached === 0 ? {} : { cachedTokens: cached }),
    ...(priced ? { costMicros: (a.costMicros ?? 0) + (b.costMicros ?? 0) } : {}),
  };
}
