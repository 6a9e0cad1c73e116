import { AppError, type ActorAddress, ConversationId } from '@queueclaw/contracts';
import { requestError } from '@queueclaw/channels';
import type { Conversations } from '@queueclaw/conversations';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { callerOf, type Guard } from '../access/guard.js';
import type { ServerParts } from '../http/server-parts.js';

type One = { Params: { id: string } };

const index = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const limitOf = (usual: number, most: number): z.ZodPipe<z.ZodDefault<z.ZodCoercedNumber>, z.ZodNumber> =>
  z.coerce.number().default(usual).pipe(z.number().int().min(1).max(most));
const ListPage = z.object({ limit: limitOf(50, 200), before: index.optional() });
const TranscriptPage = z.object({ limit: limitOf(100, 500), before: index.optional() });

const pageOf = <T extends { before?: number | undefined }>(schema: z.ZodType<T>, query: unknown): T => {
  const parsed = schema.safeParse(query);
  if (!parsed.success) throw requestError(parsed.error);
  return parsed.data;
};

const withBefore = (page: { limit: number; before?: number | undefined }): { limit: number; before?: number } => ({
  limit: page.limit,
  ...(page.before === undefined ? {} : { before: page.before }),
});

const addressOf = (request: FastifyRequest<One>): ActorAddress => {
  const parsed = ConversationId.safeParse(request.params.id);
  if (!parsed.success) throw new AppError('conversation.invalid');
  return { tenant: callerOf(request).tenant, conversation: parsed.data };
};

/** `/api/conversations`: list, read, forget, export. */
export async function conversationRoutes(
  app: FastifyInstance,
  parts: ServerParts & { readonly guard: Guard },
): Promise<void> {
  const { conversations, guard } = parts;
  const read = { onRequest: guard('read') };
  app.addHook('onSend', (_request, reply, _payload, done) => {
    void reply.header('cache-control', 'no-store');
    done();
  });

  app.get('/api/conversations', read, async (request) => {
    const page = pageOf(ListPage, request.query);
    const list = await conversations.list(callerOf(request).tenant, withBefore(page));
    const last = list.length >= page.limit ? list.at(-1) : undefined;
    return { conversations: list, ...(last === undefined ? {} : { next: last.at }) };
  });

  app.get<One>('/api/conversations/:id', read, async (request) => {
    const address = addressOf(request);
    const page = await conversations.transcript(address, withBefore(pageOf(TranscriptPage, request.query)));
    if (page === undefined) throw new AppError('conversation.not_found');
    return { conversation: address.conversation, ...page };
  });

  app.delete<One>('/api/conversations/:id', { onRequest: guard('chat') }, async (request, reply) => {
    if (!(await conversations.forget(addressOf(request)))) throw new AppError('conversation.not_found');
    return reply.code(204).send();
  });

  app.get<One>('/api/conversations/:id/export', read, async (request, reply) => {
    const address = addressOf(request);
    if ((await conversations.transcript(address, { limit: 1 })) === undefined)
      throw new AppError('conversation.not_found');
    return reply
      .type('application/jsonl; charset=utf-8')
      .header('content-disposition', `attachment; filename="${address.conversation}.jsonl"`)
      .send(Readable.from(lines(conversations, address)));
  });
}

async function* lines(conversations: Conversations, address: ActorAddress): AsyncIterable<string> {
  for await (const entry of conversations.exportEntries(address)) yield `${JSON.stringify(entry)}\n`;
}
