import { AppError } from '@queueclaw/contracts';

const busyMs = 60_000;
const operatorMs = 300_000;

/** Answers that a later try may change: too many calls of a minute or a day, too many at once. */
const busy = new Set([45_009, 45_011, 45_033]);
/** Codes that say that a token ended, before its time; the first also that another one was made meanwhile. */
export const staleToken: ReadonlySet<number> = new Set([40_001, 40_014, 41_001, 42_001]);

/** What an operator has to put right. */
const setUp: ReadonlyMap<number, string> = new Map([
  [40_164, 'this address is not in the IP allowlist of the account'],
  [61_004, 'this address is not in the IP allowlist of the account'],
]);
const forGood: ReadonlyMap<number, string> = new Map([
  [45_015, 'more than 48 hours since the person wrote, or they no longer follow; nothing may be sent now'],
  [45_047, 'as many messages as WeChat allows were sent since the person wrote; they have to write again'],
  [48_001, 'the account may not send customer-service messages; it has to be a verified service account'],
  [43_004, 'the person does not follow the account'],
  [40_003, 'there is no such person'],
]);

/** A refused call as the contract has it: `channel.failed` is tried again, `channel.rejected` never. */
export function failureOf(code: number): AppError {
  const why = setUp.get(code) ?? forGood.get(code);
  const publicMessage = `WeChat: error ${code}${why === undefined ? '' : `: ${why}`}.`;
  if (busy.has(code)) return new AppError('channel.failed', { publicMessage, retryAfterMs: busyMs, waits: 'account' });
  if (setUp.has(code))
    return new AppError('channel.failed', { publicMessage, retryAfterMs: operatorMs, waits: 'account' });
  return new AppError(code === -1 || staleToken.has(code) ? 'channel.failed' : 'channel.rejected', { publicMessage });
}
