import type { WebhookAnswer } from '@queueclaw/channels';
import { AppError } from '@queueclaw/contracts';
import { withSpan } from '@queueclaw/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServerParts } from '../http/server-parts.js';

type Hook = { Params: { channel: string; account: string }; Querystring: Record<string, unknown> };

const paramMax = 4_096;

/** Only single values, as text; a list of several is nobody's signature. */
const textsOf = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      typeof value === 'string' && value.length <= paramMax ? [[name, value]] : [],
    ),
  );

/**
 * `/channels/<channel>/<account>`: where platforms call. The body goes to the channel as it came, byte for byte, which checks its
 * signature; an answer means that it is durable.
 */
export async function webhookRoutes(app: FastifyInstance, { accounts, phase, logger }: ServerParts): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const serve = async (request: FastifyRequest<Hook>, reply: FastifyReply): Promise<FastifyReply> => {
    if (phase() !== 'serving') throw new AppError('system.unavailable', { retryAfterMs: 1_000 });
    const { channel, account } = request.params;
    const webhook = accounts.find(channel, account)?.connection.webhook;
    if (webhook === undefined) throw new AppError('route.not_found');
    const { method, headers, query, body } = request;
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    const call = { method, headers: textsOf(headers), query: textsOf(query), body: bytes };
    const attributes = {
      'http.request.method': method,
      'http.route': '/channels/:channel/:account',
      'queueclaw.channel': channel,
    };
    const answer = await withSpan(`webhook ${channel}`, { kind: 'server', attributes }, async (span) => {
      const answered = await webhook(call);
      span.set({ 'http.response.status_code': answered.status });
      return answered;
    });
    if (answer.status >= 400)
      logger.info({ channel, account, status: answer.status }, 'a call of a platform was refused');
    return send(reply, answer);
  };
  app.get<Hook>('/channels/:channel/:account', serve);
  app.post<Hook>('/channels/:channel/:account', serve);
}

const send = (reply: FastifyReply, { status, type = 'text/plain', body = '' }: WebhookAnswer): FastifyReply =>
  reply
    .code(status)
    .type(`${type}; charset=utf-8`)
    .headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    .send(body);
