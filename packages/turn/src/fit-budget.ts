import type { ModelMessage } from '@queueclaw/contracts';

/** About 100,000 tokens of English. */
export const requestCharsMax = 400_000;

const leftOut = '[An older result, left out here for its length.]';

function chars(message: ModelMessage): number {
  const calls = message.role === 'assistant' ? (message.calls ?? []) : [];
  return calls.reduce((sum, { args }) => sum + (JSON.stringify(args) ?? '').length, message.text.length);
}

const total = (messages: readonly ModelMessage[]): number => messages.reduce((sum, message) => sum + chars(message), 0);

/** Exchanges start where a user message follows something else. */
function exchanges(messages: readonly ModelMessage[]): readonly (readonly ModelMessage[])[] {
  const found: ModelMessage[][] = [];
  messages.forEach((message, at) => {
    const starts = message.role === 'user' && messages[at - 1]?.role !== 'user';
    const last = found.at(-1);
    if (starts || last === undefined) found.push([message]);
    else last.push(message);
  });
  return found;
}

/**
 * Bounds a request to `charsMax` characters: the oldest whole exchanges of the history go first; when the turn alone is too
 * long, its oldest tool results are replaced by one sentence. What a person wrote in this turn always stays.
 */
export function fitBudget(
  history: readonly ModelMessage[],
  turn: readonly ModelMessage[],
  charsMax: number = requestCharsMax,
): readonly ModelMessage[] {
  let room = charsMax - total(turn);
  const kept: (readonly ModelMessage[])[] = [];
  for (const exchange of exchanges(history).toReversed()) {
    room -= total(exchange);
    if (room < 0) break;
    kept.unshift(exchange);
  }
  if (kept.length > 0) return [...kept.flat(), ...turn];
  let over = total(turn) - charsMax;
  return turn.map((message) => {
    if (over <= 0 || message.role !== 'tool' || message.text.length <= leftOut.length) return message;
    over -= message.text.length - leftOut.length;
    return { ...message, text: leftOut };
  });
}
