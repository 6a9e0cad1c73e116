import { AppError } from '@queueclaw/contracts';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import type { RateLimit } from './rate-limit.js';
import { bearerOf, type Caller, type Scope, type Tokens } from './tokens.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by a guard. */
    caller: Caller | null;
  }
}

export type GuardOptions = {
  readonly tokens: Tokens;
  readonly limit: RateLimit;
  /** False while the service starts or stops. */
  readonly serving: () => boolean;
};

/** Makes the hook that a route needs so that only callers with this scope get in. */
export type Guard = (scope: Scope) => onRequestHookHandler;

/** @throws AppError `rate.limited` when this caller has called too often */
export function countCall(limit: RateLimit, caller: Caller): void {
  const retryAfterMs = limit.take(caller.id);
  if (retryAfterMs > 0) throw new AppError('rate.limited', { retryAfterMs });
}

/** @throws AppError `auth.forbidden` */
export function demandScope(caller: Caller, scope: Scope): void {
  if (!caller.scopes.has(scope)) throw new AppError('auth.forbidden');
}

/**
 * Who a request comes from.
 * @throws AppError `auth.required`, `auth.invalid`
 */
export function authenticate(tokens: Tokens, authorization: string | undefined): Caller {
  if (tokens.anonymous !== undefined) return tokens.anonymous;
  const token = bearerOf(authorization);
  if (token === undefined) throw new AppError('auth.required');
  const caller = tokens.find(token);
  if (caller === undefined) throw new AppError('auth.invalid');
  return caller;
}

/** Refuses with `system.unavailable`, `auth.*` or `rate.limited`; lets the rest through with `request.caller` set. */
export function createGuard({ tokens, limit, serving }: GuardOptions): Guard {
  return (scope) =>
    function guard(request, _reply, done) {
      try {
        if (!serving()) throw new AppError('system.unavailable', { retryAfterMs: 1_000 });
        const caller = authenticate(tokens, request.headers.authorization);
        demandScope(caller, scope);
        countCall(limit, caller);
        request.caller = caller;
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    };
}

/** The caller that a guard has let in. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('this route has no guard');
  return request.caller;
}
