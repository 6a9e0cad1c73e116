import { AppError } from '@queueclaw/contracts';
import { fastify, type FastifyInstance } from 'fastify';
import { createGuard } from '../access/guard.js';
import { originRules } from '../access/origins.js';
import { rateLimit } from '../access/rate-limit.js';
import { tokenKeeper } from '../access/tokens.js';
import { allRoutes } from '../routes/all.js';
import { createSockets, isSocketPath } from '../socket/sockets.js';
import { answerBrokenRequest } from './broken-request.js';
import { checkOrigin, preflight } from './cors.js';
import { requestFailure, sendError } from './error-reply.js';
import { parseJsonBytes } from './json.js';
import type { ServerParts } from './server-parts.js';

const bodyBytesMax = 1_048_576;

/** The public server, not yet listening. Closing it ends sockets with 1001 and lets requests in flight finish. */
export async function buildServer(parts: ServerParts): Promise<FastifyInstance> {
  const { config, logger, phase } = parts;
  const { server } = config;
  const app = fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: server.read_timeout,
    connectionTimeout: server.write_timeout,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: answerBrokenRequest,
    // Elsewhere a request to upgrade is an ordinary request.
    http: { shouldUpgradeCallback: ({ url }) => isSocketPath(url) },
    frameworkErrors: (error, _request, reply) => void sendError(reply, requestFailure(error)),
  });
  const tokens = tokenKeeper(server.tokens);
  const limit = rateLimit(() => parts.settings.current().limits.requests_per_minute);
  const origins = originRules({
    boundHost: server.host,
    allowed: server.allowed_origins,
    hasTokens: tokens.anonymous === undefined,
  });
  const guard = createGuard({ tokens, limit, serving: () => phase() === 'serving' });

  app.decorateRequest('caller', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBytes(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  app.addHook('onRequest', checkOrigin(origins));
  app.setNotFoundHandler((_request, reply) => void sendError(reply, new AppError('route.not_found')));
  app.setErrorHandler((thrown, request, reply) => {
    const error = requestFailure(thrown);
    const { method, routeOptions } = request;
    if (error.code === 'system.internal')
      logger.error({ err: thrown, method, route: routeOptions.url }, 'a request failed');
    void sendError(reply, error);
  });

  app.options('/api/*', preflight);
  await app.register(allRoutes, { ...parts, guard });
  const sockets = createSockets({ ...parts, tokens, limit, origins });
  app.server.on('upgrade', sockets.upgrade);
  app.addHook('preClose', sockets.close);
  app.get('/ws', () => {
    throw new AppError('request.unsupported', { publicMessage: 'This address speaks WebSocket.' });
  });
  await app.ready();
  return app;
}
