import { AppError } from '@queueclaw/contracts';

const retryAfterMs = 5_000;

/** A refused call as the contract has it: `channel.failed` is tried again, `channel.rejected` never. Names no token. */
export function failureOf(status: number, code: string | undefined): AppError {
  const publicMessage = `DingTalk: HTTP ${status}${code === undefined ? '' : ` ${code.slice(0, 100)}`}.`;
  if (status === 429 || /throttl|qps|flowcontrol/i.test(code ?? ''))
    return new AppError('channel.failed', { publicMessage, retryAfterMs });
  const forGood = status >= 400 && status < 500 && !isStaleToken(status, code);
  return new AppError(forGood ? 'channel.rejected' : 'channel.failed', { publicMessage });
}

/** Whether this says that a token ended, before its time. */
export const isStaleToken = (status: number, code: string | undefined): boolean =>
  status === 401 || code === 'InvalidAuthentication';

/** Of uploads: busy, too many calls, and tokens that ended. */
const passing = new Set([-1, 88, 90_002, 90_018, 40_001, 40_014, 42_001]);

/** A refused upload, by the code of the older API. */
export const uploadFailure = (code: number): AppError =>
  new AppError(passing.has(code) ? 'channel.failed' : 'channel.rejected', {
    publicMessage: `DingTalk: the file was not taken (error ${code}).`,
  });

/** Nobody answered, or not in time. */
export const unreachable = (): AppError =>
  new AppError('channel.failed', { publicMessage: 'DingTalk cannot be reached.' });
