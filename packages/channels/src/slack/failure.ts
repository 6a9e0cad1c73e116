import { AppError } from '@queueclaw/contracts';
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api';

/** Answers that a later try may change. Every other one is for good: an archived channel, a missing right. */
const passing = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'ratelimited']);

/** A failed call as the contract has it: `channel.failed` is tried again, `channel.rejected` never. Names no token. */
export function failureOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof WebAPIRateLimitedError)
    return new AppError('channel.failed', {
      publicMessage: 'Slack: too many requests.',
      retryAfterMs: thrown.retryAfter * 1_000,
    });
  if (thrown instanceof WebAPIPlatformError) {
    const error = String(thrown.data.error).slice(0, 64);
    return new AppError(passing.has(error) ? 'channel.failed' : 'channel.rejected', {
      publicMessage: `Slack: ${error}.`,
    });
  }
  if (thrown instanceof WebAPIHTTPError)
    return new AppError('channel.failed', { publicMessage: `Slack: HTTP ${thrown.statusCode}.` });
  return new AppError('channel.failed', { publicMessage: 'Slack cannot be reached.' });
}
