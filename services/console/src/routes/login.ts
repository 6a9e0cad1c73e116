import { AppError } from '@queueclaw/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Operators } from '../access/operators.js';
import { sessionCookie } from '../access/session-cookie.js';
import type { ConsoleParts } from '../http/console-parts.js';
import { sendPage } from '../http/send-page.js';
import { loginPage } from '../pages/login-page.js';

const sessionMs = 12 * 3_600_000;

/** A path of ours, whatever the address says: never another site. */
const ownPath = (next: unknown): string =>
  typeof next === 'string' && /^\/(?![/\\])[\w./~?=&%-]*$/.test(next) ? next : '/';

const field = (body: unknown, name: string): string => (body instanceof URLSearchParams ? (body.get(name) ?? '') : '');
const isSecure = (request: FastifyRequest): boolean => /^https\b/i.test(String(request.headers['x-forwarded-proto']));

/** `/login` and `/logout`: a token for a session cookie. */
export async function loginRoutes(
  app: FastifyInstance,
  parts: ConsoleParts & { readonly operators: Operators },
): Promise<void> {
  const { operators, logger, now } = parts;
  const config = { room: 'open', always: true } as const;

  app.get<{ Querystring: { next?: string } }>('/login', { config }, async (request, reply) => {
    const next = ownPath(request.query.next);
    return sendPage(reply, loginPage({ visitor: request.visitor, next, wrong: false, possible: operators.configured }));
  });

  app.post('/login', { config }, async (request, reply) => {
    const next = ownPath(field(request.body, 'next'));
    const operator = operators.findByToken(field(request.body, 'token').trim());
    if (!operator) {
      logger.warn({ peer: request.socket.remoteAddress }, 'a login with an unknown token');
      return sendPage(reply.code(401), loginPage({ visitor: request.visitor, next, wrong: true, possible: true }));
    }
    logger.info({ operator: operator.name }, 'an operator logged in');
    const cookie = sessionCookie(
      operators.openSession(operator, now() + sessionMs),
      sessionMs / 1_000,
      isSecure(request),
    );
    return reply.header('set-cookie', cookie).redirect(next, 303);
  });

  app.post('/logout', { config }, async (request, reply) => {
    if (!request.visitor.operator) throw new AppError('auth.required');
    return reply.header('set-cookie', sessionCookie('', 0, isSecure(request))).redirect('/login', 303);
  });
}
