import { AppError, type ErrorCode, type ModelFailure } from '@queueclaw/contracts';
import OpenAI from 'openai';
import { failure } from '../failure.js';
import { isNetworkError, networkFailure, statusFailure } from '../http-failure.js';

const tooLong =
  /context.?(length|window|size)|maximum (context|number of tokens)|too many (input )?tokens|prompt is too long/i;

/** What a code or type of OpenAI's errors means; a request that is refused when we do not know it. */
export function codeOfReason(reason: string): ErrorCode {
  if (/context_length|context_window/.test(reason)) return 'llm.context';
  if (/insufficient_quota|billing/.test(reason)) return 'llm.refused';
  if (/rate_limit/.test(reason)) return 'llm.rate_limited';
  if (/overloaded|slow_down/.test(reason)) return 'llm.overloaded';
  if (/server_error|api_error|timeout|unavailable/.test(reason)) return 'llm.unavailable';
  if (/authentication|invalid_api_key|permission/.test(reason)) return 'llm.auth';
  return 'llm.refused';
}

const bodyCode = (status: number, reason: string, message: string): ErrorCode | undefined => {
  if (reason.includes('insufficient_quota')) return 'llm.refused';
  const isRequest = status === 400 || status === 413 || status === 422;
  if (isRequest && (reason.includes('context_length') || tooLong.test(message))) return 'llm.context';
  return undefined;
};

/**
 * An exception of the SDK, or of a compatible server's stream, in our words. Its message is read, never handed on.
 * @param answered headers had arrived
 */
export function failureOf(thrown: unknown, answered: boolean): ModelFailure {
  if (thrown instanceof AppError) return failure(thrown.code, thrown.publicMessage, thrown.retryAfterMs);
  if (thrown instanceof OpenAI.APIUserAbortError) return failure('llm.aborted');
  if (thrown instanceof OpenAI.APIConnectionTimeoutError) return failure('llm.timeout');
  if (thrown instanceof OpenAI.APIConnectionError) return networkFailure(thrown, false);
  if (thrown instanceof OpenAI.APIError) {
    const status: unknown = thrown.status;
    const reason = [thrown.code, thrown.type].filter((part) => typeof part === 'string').join(' ');
    if (typeof status !== 'number') return failure(tooLong.test(thrown.message) ? 'llm.context' : codeOfReason(reason));
    const code = bodyCode(status, reason, thrown.message);
    if (reason.includes('insufficient_quota'))
      return failure('llm.refused', "The account's quota at the vendor is used up.");
    const headers: unknown = thrown.headers;
    return statusFailure(status, headers instanceof Headers ? headers : undefined, code, [
      thrown.code,
      thrown.type,
      thrown.param,
    ]);
  }
  return isNetworkError(thrown) ? networkFailure(thrown, answered) : failure('llm.nonsense');
}
