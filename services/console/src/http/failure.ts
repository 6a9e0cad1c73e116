import { AppError, type ErrorBody, type ErrorCode, publicMessageIn } from '@queueclaw/contracts';
import { redact } from '@queueclaw/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorPage } from '../pages/error-page.js';
import { sendPage } from './send-page.js';

const known: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request.too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request.media_type',
};

/** Anything thrown while a request was served, as ours. What the framework blames on the client stays the client's. */
export function requestFailure(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (!(thrown instanceof Error)) return new AppError('system.internal', { cause: thrown });
  const code = known['code' in thrown ? String(thrown.code) : ''];
  if (code !== undefined) return new AppError(code, { cause: thrown });
  const status = 'statusCode' in thrown ? Number(thrown.statusCode) : 500;
  return new AppError(status >= 400 && status < 500 ? 'request.malformed' : 'system.internal', { cause: thrown });
}

const wantsPage = ({ headers, url }: FastifyRequest): boolean =>
  String(headers.accept).includes('text/html') && !/^\/(queues\/)?api\//.test(url);

/** Answers with an error: a page for browsers (or the way to the login), JSON for programs. */
export function sendFailure(request: FastifyRequest, reply: FastifyReply, error: AppError): FastifyReply {
  if (error.retryAfterMs !== undefined)
    void reply.header('retry-after', Math.max(1, Math.ceil(error.retryAfterMs / 1_000)));
  if (wantsPage(request)) {
    if (error.status === 401 && request.method === 'GET')
      return reply.redirect(`/login?next=${encodeURIComponent(request.url)}`, 303);
    return sendPage(reply.code(error.status), errorPage(error, request.visitor));
  }
  if (error.status === 401) void reply.header('www-authenticate', 'Bearer');
  const { code, retryAfterMs } = error;
  const body: ErrorBody = {
    error: {
      code,
      message: redact(publicMessageIn(error, request.visitor.language)),
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
    },
  };
  return reply.code(error.status).type('application/json; charset=utf-8').send(JSON.stringify(body));
}
