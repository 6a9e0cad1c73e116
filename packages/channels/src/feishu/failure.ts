import { AppError } from '@queueclaw/contracts';

/** Answers that a later try may change: too many calls, trouble of theirs, a token that ended early. Others are for good. */
const busy = new Set([99_991_400, 230_020, 11_232, 11_233, 11_247]);
/** Too many to the same chat. */
const chatLimit = 230_020;
const passing = new Set([...busy, 2_200, 5_000, 55_001, 1_000_004, 1_000_005]);
const staleToken = new Set([99_991_661, 99_991_663, 99_991_664, 99_991_668, 99_991_671]);
const retryAfterMs = 5_000;

/** What the platform says about a call. */
export type Refusal = {
  readonly status: number;
  readonly code?: number | undefined;
  readonly waitMs?: number | undefined;
};

/** Whether this says that a token ended, before its time. */
export const isStaleToken = (code: number | undefined): boolean => code !== undefined && staleToken.has(code);

/** A refused call as the contract has it: `channel.failed` is tried again, `channel.rejected` never. Names no token. */
export function failureOf({ status, code, waitMs }: Refusal): AppError {
  const publicMessage = `Feishu: ${code === undefined ? `HTTP ${status}` : `error ${code}`}.`;
  if (status === 429 || (code !== undefined && busy.has(code)))
    return new AppError('channel.failed', {
      publicMessage,
      retryAfterMs: waitMs ?? retryAfterMs,
      waits: code === chatLimit ? 'chat' : 'account',
    });
  const again = status >= 500 || code === undefined || passing.has(code) || isStaleToken(code);
  return new AppError(again ? 'channel.failed' : 'channel.rejected', { publicMessage });
}

/** Nobody answered, or not in time. */
export const unreachable = (): AppError =>
  new AppError('channel.failed', { publicMessage: 'Feishu cannot be reached.' });
