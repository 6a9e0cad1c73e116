import Anthropic from '@anthropic-ai/sdk';
import { AppError, type ErrorCode, type ModelFailure } from '@queueclaw/contracts';
import { failure } from '../failure.js';
import { isNetworkError, networkFailure, statusFailure } from '../http-failure.js';

const tooLong = /prompt is too long|context (window|length|limit)|input length and .?max_tokens.? exceed/i;

const codeOfType: Readonly<Record<string, ErrorCode>> = {
  authentication_error: 'llm.auth',
  permission_error: 'llm.auth',
  billing_error: 'llm.refused',
  rate_limit_error: 'llm.rate_limited',
  overloaded_error: 'llm.overloaded',
  api_error: 'llm.unavailable',
  timeout_error: 'llm.timeout',
  request_too_large: 'llm.context',
};

/**
 * An exception of the SDK, or an `error` event in the stream, in our words. Its message is read, never handed on.
 * @param answered headers had arrived
 */
export function failureOf(thrown: unknown, answered: boolean): ModelFailure {
  if (thrown instanceof AppError) return failure(thrown.code, thrown.publicMessage, thrown.retryAfterMs);
  if (thrown instanceof Anthropic.APIUserAbortError) return failure('llm.aborted');
  if (thrown instanceof Anthropic.APIConnectionTimeoutError) return failure('llm.timeout');
  if (thrown instanceof Anthropic.APIConnectionError) return networkFailure(thrown, false);
  if (thrown instanceof Anthropic.APIError) {
    const status: unknown = thrown.status;
    const isLong = tooLong.test(thrown.message);
    if (typeof status === 'number') {
      const headers: unknown = thrown.headers;
      const code = status === 400 && isLong ? 'llm.context' : undefined;
      return statusFailure(status, headers instanceof Headers ? headers : undefined, code, [
        thrown.type,
        thrown.errorCode,
      ]);
    }
    return failure(isLong ? 'llm.context' : (codeOfType[thrown.type ?? ''] ?? 'llm.refused'));
  }
  return isNetworkError(thrown) ? networkFailure(thrown, answered) : failure('llm.nonsense');
}
