import { AppError } from '@queueclaw/contracts';
import { GrammyError, HttpError } from 'grammy';

/** A failed call as the contract has it: `channel.failed` is tried again, `channel.rejected` never. Names no token. */
export function failureOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof GrammyError) {
    const { error_code: code, description, parameters } = thrown;
    const publicMessage = `Telegram: ${code} ${description}`.slice(0, 300);
    if (code === 429)
      return new AppError('channel.failed', { publicMessage, retryAfterMs: (parameters.retry_after ?? 1) * 1_000 });
    const forGood = code === 400 || code === 403 || code === 404 || code === 413;
    return new AppError(forGood ? 'channel.rejected' : 'channel.failed', { publicMessage });
  }
  // The address of a call has the token in it: nothing of the network's error is passed on but its kind.
  const kind = thrown instanceof HttpError && thrown.error instanceof Error ? thrown.error.name : 'Error';
  return new AppError('channel.failed', { publicMessage: `Telegram cannot be reached (${kind}).` });
}

/** The platform cannot read our markup. */
export const isMarkupError = (thrown: unknown): boolean =>
  thrown instanceof GrammyError && thrown.error_code === 400 && /can't parse entities/i.test(thrown.description);

/** The message is so already. */
export const isUnchanged = (thrown: unknown): boolean =>
  thrown instanceof GrammyError && thrown.error_code === 400 && /message is not modified/i.test(thrown.description);
