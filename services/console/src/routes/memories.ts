import { personIn } from '@queueclaw/contracts';
import type { MemoryOwner } from '@queueclaw/conversations';
import type { FastifyInstance } from 'fastify';
import type { ConsoleParts } from '../http/console-parts.js';
import { sendJson, sendPage } from '../http/send-page.js';
import { memoriesPage, type MemoryPlace } from '../pages/memories-page.js';
import { refusalOf } from '../phrases/index.js';
import { addressOf, tenantOf } from './parameters.js';

type Asked = { Querystring: Partial<Record<'tenant' | 'conversation' | 'channel' | 'person' | 'id' | 'done', string>> };

const charsMax = 256;

/** Whose memories an address asks for; undefined: nobody's yet. @throws AppError request.invalid, conversation.invalid */
function placeOf({
  tenant,
  conversation = '',
  channel = '',
  person = '',
}: Asked['Querystring']): MemoryPlace | undefined {
  const known = tenantOf(tenant === '' ? undefined : tenant);
  if (channel.length > charsMax || person.length > charsMax) throw refusalOf('request.invalid', 'wrong.memory');
  if (person !== '' && channel !== '') return { tenant: known, channel, person };
  return conversation === '' ? undefined : addressOf({ tenant: known, id: conversation });
}

const ownerOf = (place: MemoryPlace): MemoryOwner =>
  'conversation' in place ? place : { tenant: place.tenant, person: personIn(place.channel, place.person) };

/** `/memories` and `/api/memories`: what is remembered of a person, or in a conversation. */
export async function memoryRoutes(app: FastifyInstance, { memories, logger }: ConsoleParts): Promise<void> {
  const required = (query: Asked['Querystring']): MemoryPlace => {
    const place = placeOf(query);
    if (place === undefined) throw refusalOf('request.invalid', 'wrong.memory');
    return place;
  };
  const drop = async (query: Asked['Querystring'], operator: string | undefined): Promise<MemoryPlace> => {
    const place = required(query);
    const { id = '' } = query;
    if (!(await memories.drop(ownerOf(place), id.slice(0, charsMax))))
      throw refusalOf('request.invalid', 'wrong.memory');
    logger.info({ operator, ...place, memory: id }, 'a memory was deleted');
    return place;
  };

  app.get<Asked>('/memories', async ({ query, visitor }, reply) => {
    const place = placeOf(query);
    const found = place === undefined ? [] : await memories.of(ownerOf(place));
    return sendPage(reply, memoriesPage({ visitor, place, memories: found, done: query.done !== undefined }));
  });
  app.post<Asked>('/memories/delete', async ({ query, visitor }, reply) => {
    const place = await drop(query, visitor.operator?.name);
    return reply.redirect(`/memories?${new URLSearchParams({ ...place, done: '1' }).toString()}`, 303);
  });
  app.get<Asked>('/api/memories', async ({ query }, reply) =>
    sendJson(reply, { memories: await memories.of(ownerOf(required(query))) }),
  );
  app.post<Asked>('/api/memories/delete', async ({ query, visitor }, reply) => {
    await drop(query, visitor.operator?.name);
    return sendJson(reply, { deleted: query.id });
  });
}
