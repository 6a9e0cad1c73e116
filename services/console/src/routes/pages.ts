import { AppError } from '@queueclaw/contracts';
import type { FastifyInstance } from 'fastify';
import { countJobs } from '../board/view-queues.js';
import type { ConsoleParts } from '../http/console-parts.js';
import { sendPage } from '../http/send-page.js';
import { channelsPage } from '../pages/channels-page.js';
import { conversationsPage } from '../pages/conversations-page.js';
import { deadLettersPage } from '../pages/dead-letters-page.js';
import { overviewPage } from '../pages/overview-page.js';
import { transcriptPage } from '../pages/transcript-page.js';
import { turnPage } from '../pages/turn-page.js';
import { usagePage } from '../pages/usage-page.js';
import { refusalOf } from '../phrases/index.js';
import { addressOf, dayOf, pageOf, type PageQuery, tenantOf, turnOf } from './parameters.js';

type Listed = { Querystring: PageQuery };
type One = { Params: { tenant: string; id: string }; Querystring: PageQuery };
type OneTurn = { Params: { tenant: string; id: string; turn: string } };
type Usage = { Querystring: { tenant?: string; day?: string } };
type Letter = { Params: { id: string } };
type Letters = { Querystring: { done?: string } };

const lettersShown = 100;

/** The pages that operators read, and the two forms on them. */
export async function pageRoutes(app: FastifyInstance, parts: ConsoleParts): Promise<void> {
  const { config, conversations, deadLetters, queues, survey, turns, usage, channels, currency, logger, now } = parts;
  const named = [...config.server.tokens, ...config.channels].map(({ tenant }) => tenant);
  const tenants = [...new Set(['default', ...named])];

  app.get('/', { config: { room: 'queues' } }, async ({ visitor }, reply) => {
    const [counts, rest] = await Promise.all([countJobs(queues), survey()]);
    return sendPage(reply, overviewPage({ visitor, queues: counts, survey: rest, now: now() }));
  });

  app.get<Listed>('/conversations', async ({ query, visitor }, reply) => {
    const tenant = tenantOf(query.tenant);
    const page = pageOf(query, 50);
    const list = await conversations.list(tenant, page);
    const next = list.length >= page.limit ? list.at(-1)?.at : undefined;
    return sendPage(reply, conversationsPage({ visitor, tenant, tenants, list, next }));
  });

  app.get<One>('/conversations/:tenant/:id', async ({ params, query, visitor }, reply) => {
    const address = addressOf(params);
    const page = await conversations.transcript(address, pageOf(query, 100));
    if (page === undefined) throw new AppError('conversation.not_found');
    const running = await turns.running(address);
    return sendPage(reply, transcriptPage({ visitor, address, ...page, newest: query.before === undefined, running }));
  });

  app.get<OneTurn>('/conversations/:tenant/:id/turns/:turn', async ({ params, visitor }, reply) => {
    const address = addressOf(params);
    const turn = await turns.read(address, turnOf(params.turn));
    if (turn === undefined) throw refusalOf('conversation.not_found', 'wrong.no_turn');
    return sendPage(reply, turnPage({ visitor, address, turn, currency: currency(), now: now() }));
  });

  app.get<Usage>('/usage', async ({ query, visitor }, reply) => {
    const report = await usage(tenantOf(query.tenant), dayOf(query.day));
    return sendPage(reply, usagePage({ visitor, tenants, report }));
  });

  app.get('/channels', async ({ visitor }, reply) =>
    sendPage(reply, channelsPage({ visitor, accounts: await channels(), now: now() })),
  );

  app.get<Letters>('/dead-letters', async ({ query, visitor }, reply) => {
    const list = await deadLetters.list(lettersShown);
    return sendPage(reply, deadLettersPage({ visitor, list, done: query.done }));
  });

  app.post<Letter>('/dead-letters/:id/retry', async ({ params: { id }, visitor }, reply) => {
    const retried = await deadLetters.retry(id);
    logger.info({ operator: visitor.operator?.name, letter: id, retried }, 'a dead letter is tried again');
    return reply.redirect('/dead-letters?done=retry', 303);
  });

  app.post<Letter>('/dead-letters/:id/drop', async ({ params: { id }, visitor }, reply) => {
    await deadLetters.drop(id);
    logger.info({ operator: visitor.operator?.name, letter: id }, 'a dead letter was dropped');
    return reply.redirect('/dead-letters?done=drop', 303);
  });
}
