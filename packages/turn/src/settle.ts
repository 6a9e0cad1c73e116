import type { ErrorCode, Journal, PendingCall, TranscriptEntry } from '@queueclaw/contracts';
import { sendable } from './sent-files.js';
import type { ToolResult } from './turn-input.js';

type Call = { readonly call: string; readonly name: string };

/** Why a call has no result of its own; the model reads the sentence. */
const sentences = {
  'tool.timeout':
    'No result came in time. The outcome is unknown: the tool may or may not have acted. Check before you repeat it.',
  'tool.cancelled': 'The call was cancelled. It may or may not have acted before that.',
  'tool.unapproved': 'The call was not made: it waited for an approval that nobody gave.',
  'tool.denied': 'The call was not made: the person refused it. Do not try to reach the same in another way.',
  'turn.limit': 'The call was not made: the turn has reached its limit.',
  'budget.exceeded':
    'The call was not made: the budget of tool calls is used up for today. Answer without tools, and tell the person.',
} as const satisfies Partial<Record<ErrorCode, string>>;

const unknownOutcome =
  'The outcome of this call is unknown: the tool was started and may or may not have acted. ' +
  'Check before you repeat it, and tell the person.';

/** A transcript entry for a call that ends without a tool's own result. */
export function failedCall(
  { call, name }: Call,
  turn: number,
  at: number,
  code: ErrorCode,
  text: string,
): TranscriptEntry {
  return { v: 1, turn, at, role: 'tool', call, name, ok: false, text, code };
}

/** A transcript entry that says why there is no result. */
export function unmadeCall(call: Call, turn: number, at: number, code: keyof typeof sentences): TranscriptEntry {
  return failedCall(call, turn, at, code, sentences[code]);
}

/** A transcript entry for a result. "Outcome unknown" is said in words, since a model knows no codes of ours. */
export function resultEntry(call: Call, turn: number, at: number, { outcome }: ToolResult): TranscriptEntry {
  const unknown = outcome.code === 'tool.unknown_outcome';
  return {
    v: 1,
    turn,
    at,
    role: 'tool',
    call: call.call,
    name: call.name,
    ok: outcome.ok && !unknown,
    text: unknown ? `${unknownOutcome}\n${outcome.text}`.trimEnd() : outcome.text,
    ...(outcome.code === undefined ? {} : { code: outcome.code }),
    ...(outcome.attachments === undefined ? {} : { attachments: outcome.attachments }),
    ms: outcome.ms,
  };
}

const isOut = ({ pending }: Journal, call: string): boolean => pending.some((one) => one.call === call);

/** The calls that no result has come for. */
export function missingCalls(journal: Journal, results: readonly ToolResult[]): readonly PendingCall[] {
  return journal.pending.filter(({ call }) => !results.some((result) => result.call === call));
}

/** How long a turn that asks people will have waited for them at a moment. */
export function waitedUntil({ asking = [], waitedMs = 0 }: Journal, now: number): number {
  return waitedMs + Math.max(0, Math.floor(now) - Math.min(now, ...asking.map(({ askedAt }) => askedAt)));
}

/** The journal with every pending call ended: by its result, or by `otherwise` where none came. */
export function settle(
  journal: Journal,
  results: readonly ToolResult[],
  now: number,
  otherwise: keyof typeof sentences,
): Journal {
  const entries = [...journal.entries];
  for (const call of journal.pending) {
    const result = results.find((candidate) => candidate.call === call.call);
    const entry =
      result === undefined
        ? unmadeCall(call, journal.turn, now, otherwise)
        : resultEntry(call, journal.turn, now, result);
    entries.push(sendable(entries, entry));
  }
  const { asking = [], ...rest } = journal;
  for (const call of asking) entries.push(unmadeCall(call, journal.turn, now, 'tool.unapproved'));
  const untrusted = results.some(({ call, outcome }) => outcome.untrusted && isOut(journal, call));
  const [first] = asking;
  // The turn's own time stood still while it waited for people.
  const waited = first === undefined ? {} : { waitedMs: waitedUntil(journal, now) };
  return { ...rest, ...waited, entries, pending: [], ...(untrusted ? { tainted: true as const } : {}) };
}
