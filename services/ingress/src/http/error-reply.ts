import { AppError, type ErrorBody, type ErrorCode, type PublicError } from '@queueclaw/contracts';
import type { FastifyReply } from 'fastify';

const known: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request.too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request.media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request.malformed',
  FST_ERR_BAD_URL: 'request.malformed',
};

const statusOf = (error: Error): number => ('statusCode' in error ? Number(error.statusCode) : 500);
const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '');

/** Anything thrown while a request was served, as ours. What the framework blames on the client stays the client's. */
export function requestFailure(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (!(thrown instanceof Error)) return new AppError('system.internal', { cause: thrown });
  const code = known[codeOf(thrown)];
  const publicMessage = codeOf(thrown) === 'FST_ERR_BAD_URL' ? 'The address is not validly encoded.' : undefined;
  if (code !== undefined) return new AppError(code, { cause: thrown, publicMessage });
  const status = statusOf(thrown);
  return new AppError(status >= 400 && status < 500 ? 'request.malformed' : 'system.internal', { cause: thrown });
}

/** An error as clients read it. */
export function publicError(error: AppError): PublicError {
  const { code, publicMessage, retryAfterMs } = error;
  return { code, message: publicMessage, ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }) };
}

/** The body of an error. */
export function errorBody(error: AppError): ErrorBody {
  return { error: publicError(error) };
}

/** Answers with an error: its status, its body, `Retry-After` in seconds. */
export function sendError(reply: FastifyReply, error: AppError): FastifyReply {
  if (error.retryAfterMs !== undefined)
    void reply.header('retry-after', Math.max(1, Math.ceil(error.retryAfterMs / 1_000)));
  if (error.status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply
    .code(error.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(error)));
}
