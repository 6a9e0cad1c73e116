import { AppError } from '@queueclaw/contracts';
import { fastify, type FastifyInstance } from 'fastify';
import { admit, checkOrigin, type Room } from '../access/admission.js';
import { operatorsFrom } from '../access/operators.js';
import { languageCookie } from '../access/session-cookie.js';
import { type Visitor, visitorOf } from '../access/visitor.js';
import { apiRoutes } from '../routes/api.js';
import { boardRoutes } from '../routes/board.js';
import { loginRoutes } from '../routes/login.js';
import { pairingRoutes } from '../routes/pairing.js';
import { memoryRoutes } from '../routes/memories.js';
import { pageRoutes } from '../routes/pages.js';
import { approvalRoutes } from '../routes/approvals.js';
import { scheduleRoutes } from '../routes/schedules.js';
import { styleRoutes } from '../routes/style.js';
import type { ConsoleParts } from './console-parts.js';
import { requestFailure, sendFailure } from './failure.js';
import { pageHeaders } from './security-headers.js';

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor;
  }
  interface FastifyContextConfig {
    /** Who may come in; without it: as if it were `people`. */
    room?: Room;
    /** Also while the service starts or stops. */
    always?: boolean;
  }
}

const stranger: Visitor = { operator: undefined, by: undefined, refused: false, local: false, language: 'en' };

/** The language that an address asks for, `?lang=zh`; undefined for what is none of ours. */
const wishIn = (query: unknown): string | undefined => {
  const wish = typeof query === 'object' && query !== null && 'lang' in query ? query.lang : undefined;
  return typeof wish === 'string' && /^(en|zh)\b/i.test(wish) ? wish.slice(0, 16) : undefined;
};

/** The console's server, not yet listening. Every route is guarded by the room it says it is in. */
export async function buildServer(parts: ConsoleParts): Promise<FastifyInstance> {
  const { config, logger, phase, now } = parts;
  const { host: boundHost } = config.console;
  const operators = operatorsFrom(config.console.operators);
  const app = fastify({
    logger: false,
    bodyLimit: 16_384,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: (error, request, reply) => void sendFailure(request, reply, requestFailure(error)),
  });

  app.decorateRequest('visitor', { getter: () => stranger });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  );
  // No request of the API says anything in its body.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, _body, done) => done(null, undefined));
  app.addHook('onRequest', async (request, reply) => {
    const { method, headers, routeOptions } = request;
    const { room = 'people', always = false } = routeOptions.config;
    const guarded = operators.configured;
    void reply.headers(pageHeaders);
    const wish = wishIn(request.query);
    const peer = request.socket.remoteAddress ?? '';
    const visitor = visitorOf(operators, { headers, peer, boundHost, now: now(), wish });
    if (wish !== undefined) void reply.header('set-cookie', languageCookie(visitor.language));
    Object.defineProperty(request, 'visitor', { value: visitor });
    const { host, origin } = headers;
    checkOrigin({ method, host, origin, boundHost, guarded, bySession: visitor.by === 'session' });
    admit({ method, room, visitor, guarded });
    if (!always && phase() !== 'serving') throw new AppError('system.unavailable', { retryAfterMs: 1_000 });
  });
  app.setNotFoundHandler({}, (request, reply) => void sendFailure(request, reply, new AppError('route.not_found')));
  app.setErrorHandler((thrown, request, reply) => {
    const error = requestFailure(thrown);
    const { method, routeOptions } = request;
    if (error.code === 'system.internal')
      logger.error({ err: thrown, method, route: routeOptions.url }, 'a request failed');
    void sendFailure(request, reply, error);
  });

  const deps = { ...parts, operators };
  await app.register(styleRoutes);
  await app.register(loginRoutes, deps);
  await app.register(pageRoutes, deps);
  await app.register(apiRoutes, deps);
  await app.register(pairingRoutes, deps);
  await app.register(scheduleRoutes, deps);
  await app.register(approvalRoutes, deps);
  await app.register(memoryRoutes, deps);
  await app.register(boardRoutes, deps);
  await app.ready();
  return app;
}
