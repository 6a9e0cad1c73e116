import { AppError } from '@queueclaw/contracts';
import { DiscordAPIError, HTTPError, RateLimitError } from '@discordjs/rest';

/** A failed call as the contract has it: `channel.failed` is tried again, `channel.rejected` never. Names no token. */
export function failureOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof RateLimitError)
    return new AppError('channel.failed', {
      publicMessage: 'Discord: too many requests.',
      retryAfterMs: Math.ceil(thrown.retryAfter),
      waits: thrown.global ? 'account' : 'chat',
    });
  if (thrown instanceof DiscordAPIError) {
    const publicMessage = `Discord: ${thrown.status} ${thrown.message}`.slice(0, 300);
    const forGood = [400, 403, 404].includes(thrown.status);
    return new AppError(forGood ? 'channel.rejected' : 'channel.failed', { publicMessage });
  }
  if (thrown instanceof HTTPError)
    return new AppError('channel.failed', { publicMessage: `Discord: ${thrown.status}.` });
  const kind = thrown instanceof Error ? thrown.name : 'Error';
  return new AppError('channel.failed', { publicMessage: `Discord cannot be reached (${kind}).` });
}
