import { AppError } from '@queueclaw/contracts';

const busyMs = 60_000;
const operatorMs = 300_000;

/** Answers that a later try may change: too many calls, too many at once. */
const busy = new Set([45_009, 45_033, 45_011]);
/** Codes that say that a token ended, before its time. */
export const staleToken: ReadonlySet<number> = new Set([40_014, 41_001, 42_001]);

/** What an operator has to put right, by code; nobody else's messages wait for it. */
const setUp: ReadonlyMap<number, string> = new Map([
  [60_020, 'this address is not among the trusted IPs of the app'],
  [48_002, 'the app may not use this API'],
]);
const people: ReadonlyMap<number, string> = new Map([
  [81_013, 'the person does not see the app or is gone'],
  [60_111, 'there is no such person'],
  [60_011, 'the app may not write to this person'],
]);

/** A refused call as the contract has it: `channel.failed` is tried again, `channel.rejected` never. */
export function failureOf(code: number): AppError {
  const why = setUp.get(code) ?? people.get(code);
  const publicMessage = `WeCom: error ${code}${why === undefined ? '' : `: ${why}`}.`;
  if (busy.has(code)) return new AppError('channel.failed', { publicMessage, retryAfterMs: busyMs, waits: 'account' });
  if (setUp.has(code))
    return new AppError('channel.failed', { publicMessage, retryAfterMs: operatorMs, waits: 'account' });
  return new AppError(code === -1 || staleToken.has(code) ? 'channel.failed' : 'channel.rejected', { publicMessage });
}

/** Somebody who cannot be reached among those a message was for. */
export const unreachablePerson = (): AppError => failureOf(81_013);
