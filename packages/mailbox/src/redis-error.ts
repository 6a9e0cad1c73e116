import { AppError } from '@queueclaw/contracts';

/** What Redis' refusal means: full (`system.full`), away or read-only (`system.unavailable`), or a defect of ours. */
export function redisError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/\bOOM\b/.test(message)) return new AppError('system.full', { cause: thrown });
  if (/^(ERR|WRONGTYPE|NOPERM|NOAUTH)/.test(message)) return new AppError('system.internal', { cause: thrown });
  return new AppError('system.unavailable', { cause: thrown, retryAfterMs: 1_000 });
}
