import { AppError } from '@queueclaw/contracts';

const retryAfterMs = 60_000;

/** Answers that a later try may change: too many messages, trouble of theirs, two changes of a message at once. */
const busy = new Set([45_009, 45_033, 846_607]);
const passing = new Set([-1, 6_000, ...busy]);
const people: ReadonlyMap<number, string> = new Map([
  [93_006, 'the bot is not in this group, or the person never wrote to it'],
  [81_013, 'the person does not see the bot or is gone'],
]);

/** Whether a code says that a later try may go well. */
export const isPassing = (code: number): boolean => passing.has(code);

/** A refused call as the contract has it: `channel.failed` is tried again, `channel.rejected` never. */
export function failureOf(code: number): AppError {
  const why = people.get(code);
  const publicMessage = `WeCom: error ${code}${why === undefined ? '' : `: ${why}`}.`;
  if (busy.has(code)) return new AppError('channel.failed', { publicMessage, retryAfterMs });
  return new AppError(passing.has(code) ? 'channel.failed' : 'channel.rejected', { publicMessage });
}

/** There is no line at the moment, or it broke. */
export const unreachable = (): AppError =>
  new AppError('channel.failed', { publicMessage: 'WeCom cannot be reached.' });
