import { AppError } from '@queueclaw/contracts';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Origins } from '../access/origins.js';

/**
 * Refuses every request of a foreign web page, or to a name that is not ours, with `request.origin`; lets pages of
 * `allowed_origins` read the answers. Runs before anything else.
 */
export function checkOrigin(origins: Origins): onRequestHookHandler {
  return function checkOriginHook(request, reply, done) {
    // Platforms call by any name, and no page can sign as they do.
    if (request.url.startsWith('/channels/')) return done();
    const { origin, host } = request.headers;
    if (!origins.hostAllowed(host) || !origins.originAllowed(origin, host)) return done(new AppError('request.origin'));
    if (origin !== undefined && origins.isForeign(origin)) allow(reply, origin);
    done();
  };
}

const allow = (reply: FastifyReply, origin: string): void => {
  void reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'location',
    vary: 'origin',
  });
};

/** Answers a preflight; pages that may not call were refused before. */
export function preflight(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(204)
    .headers({
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
    })
    .send();
}
