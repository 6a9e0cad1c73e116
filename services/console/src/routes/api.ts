import { AppError } from '@queueclaw/contracts';
import type { FastifyInstance } from 'fastify';
import { countJobs } from '../board/view-queues.js';
import type { ConsoleParts } from '../http/console-parts.js';
import { sendJson } from '../http/send-page.js';
import { refusalOf } from '../phrases/index.js';
import { addressOf, dayOf, pageOf, type PageQuery, tenantOf, turnOf } from './parameters.js';

type Listed = { Querystring: PageQuery };
type One = { Params: { tenant: string; id: string }; Querystring: PageQuery };
type OneTurn = { Params: { tenant: string; id: string; turn: string } };
type Usage = { Querystring: { tenant?: string; day?: string } };
type Letter = { Params: { id: string } };

/** The same as the pages, for programs: `/api/overview`, `/api/usage`, `/api/conversations`, `/api/channels`, `/api/dead-letters`. */
export async function apiRoutes(app: FastifyInstance, parts: ConsoleParts): Promise<void> {
  const { conversations, deadLetters, queues, survey, turns, usage, channels, logger } = parts;

  app.get('/api/overview', { config: { room: 'queues' } }, async (_request, reply) => {
    const [counts, rest] = await Promise.all([countJobs(queues), survey()]);
    return sendJson(reply, { queues: counts, ...rest });
  });

  app.get<Listed>('/api/conversations', async (request, reply) => {
    const tenant = tenantOf(request.query.tenant);
    const page = pageOf(request.query, 50);
    const list = await conversations.list(tenant, page);
    const last = list.length >= page.limit ? list.at(-1) : undefined;
    return sendJson(reply, { tenant, conversations: list, ...(last === undefined ? {} : { next: last.at }) });
  });

  app.get<One>('/api/conversations/:tenant/:id', async (request, reply) => {
    const address = addressOf(request.params);
    const page = await conversations.transcript(address, pageOf(request.query, 100));
    if (page === undefined) throw new AppError('conversation.not_found');
    return sendJson(reply, { ...address, ...page });
  });

  app.get<OneTurn>('/api/conversations/:tenant/:id/turns/:turn', async ({ params }, reply) => {
    const address = addressOf(params);
    const turn = await turns.read(address, turnOf(params.turn));
    if (turn === undefined) throw refusalOf('conversation.not_found', 'wrong.no_turn');
    return sendJson(reply, { ...address, ...turn });
  });

  app.get<Usage>('/api/usage', async ({ query }, reply) =>
    sendJson(reply, await usage(tenantOf(query.tenant), dayOf(query.day))),
  );

  app.get('/api/channels', async (_request, reply) => sendJson(reply, { channels: await channels() }));

  app.get<Listed>('/api/dead-letters', async (request, reply) => {
    const list = await deadLetters.list(pageOf(request.query, 50).limit);
    return sendJson(reply, { deadLetters: list });
  });

  app.post<Letter>('/api/dead-letters/:id/retry', async ({ params: { id }, visitor }, reply) => {
    const retried = await deadLetters.retry(id);
    logger.info({ operator: visitor.operator?.name, letter: id, retried }, 'a dead letter is tried again');
    return sendJson(reply, { id, retried });
  });

  app.post<Letter>('/api/dead-letters/:id/drop', async ({ params: { id }, visitor }, reply) => {
    await deadLetters.drop(id);
    logger.info({ operator: visitor.operator?.name, letter: id }, 'a dead letter was dropped');
    return sendJson(reply, { id, dropped: true });
  });
}
