import type { TranscriptEntry } from '@queueclaw/contracts';

type Assistant = Extract<TranscriptEntry, { role: 'assistant' }>;
type Tool = Extract<TranscriptEntry, { role: 'tool' }>;

/** The entries from the first user entry on. A tail that was cut anywhere starts like a conversation again. */
export function fromFirstUser(entries: readonly TranscriptEntry[]): readonly TranscriptEntry[] {
  const first = entries.findIndex(({ role }) => role === 'user');
  return first === -1 ? [] : entries.slice(first);
}

function withoutCalls({ calls: _, ...rest }: Assistant): readonly TranscriptEntry[] {
  return rest.text === '' ? [] : [rest];
}

/**
 * The entries with every tool call followed by exactly its result, in the order of the calls. A step with a missing result
 * loses its calls, a result without a call is left out: vendors refuse a request that has either.
 */
export function wholePairs(entries: readonly TranscriptEntry[]): readonly TranscriptEntry[] {
  const whole: TranscriptEntry[] = [];
  for (let at = 0; at < entries.length; at += 1) {
    const entry = entries[at];
    if (entry === undefined || entry.role === 'tool') continue;
    if (entry.role === 'user' || entry.calls === undefined || entry.calls.length === 0) {
      whole.push(entry);
      continue;
    }
    const results = new Map<string, Tool>();
    for (let next = at + 1; next < entries.length; next += 1) {
      const tool = entries[next];
      if (tool?.role !== 'tool') break;
      results.set(tool.call, tool);
    }
    const paired = entry.calls.flatMap(({ call }) => results.get(call) ?? []);
    whole.push(...(paired.length === entry.calls.length ? [entry, ...paired] : withoutCalls(entry)));
  }
  return whole;
}
