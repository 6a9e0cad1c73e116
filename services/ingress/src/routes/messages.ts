import { AppError, ConversationId, MessageId, type MessageStatus } from '@queueclaw/contracts';
import { parseMessageRequest } from '@queueclaw/channels';
import { newId } from '@queueclaw/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, type Guard } from '../access/guard.js';
import type { ServerParts } from '../http/server-parts.js';
import { languageOf } from './language.js';
import { expectReply, waitMsOf } from './wait.js';

type Query = { Querystring: { wait?: unknown; conversation?: unknown } };

/** `POST /api/message` and `GET /api/messages/:id`. */
export async function messageRoutes(
  app: FastifyInstance,
  parts: ServerParts & { readonly guard: Guard },
): Promise<void> {
  const { conversations, toMessages, guard } = parts;

  app.post<Query>('/api/message', { onRequest: guard('chat') }, async (request, reply) => {
    const caller = callerOf(request);
    const { conversation, mail } = parseMessageRequest(request.body, {
      account: caller.tenant,
      sender: caller.sender,
      language: languageOf(request.headers['accept-language']),
      newId,
    });
    const address = { tenant: caller.tenant, conversation };
    const waitMs = waitMsOf(request.query.wait);
    const { traceparent: trace } = request.headers;
    const message = { ...mail, ...(typeof trace === 'string' ? { trace } : {}) };
    if (waitMs !== undefined) return await acceptAndWait(parts, reply, address, message, waitMs);
    const { id, status } = await toMessages(address, message);
    return answer(reply, status ?? { id, conversation, status: 'accepted' });
  });

  app.get<Query & { Params: { id: string } }>(
    '/api/messages/:id',
    { onRequest: guard('read') },
    async (request, reply) => {
      const { tenant } = callerOf(request);
      const conversation = conversationIn(request);
      const known = MessageId.safeParse(request.params.id).success;
      const status = known ? await conversations.message(tenant, request.params.id, conversation) : undefined;
      if (status === undefined) throw new AppError('message.not_found');
      return reply.header('cache-control', 'no-store').send(status);
    },
  );
}

type Mail = ReturnType<typeof parseMessageRequest>['mail'];

async function acceptAndWait(
  { fromLive, toMessages, conversations, stopping, config }: ServerParts,
  reply: FastifyReply,
  address: { readonly tenant: string; readonly conversation: string },
  mail: Mail,
  waitMs: number,
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const expected = await expectReply(fromLive, address, mail.id);
  try {
    const { id, status } = await toMessages(address, mail);
    if (status !== undefined && status.status !== 'accepted') return answer(reply, status);
    const ms = Math.min(waitMs, config.server.write_timeout);
    const came = await expected.within(ms, [stopping, gone.signal]);
    // The stream may have been interrupted; what became of the message is known all the same.
    const now =
      came ?? (gone.signal.aborted ? undefined : await conversations.message(address.tenant, id, address.conversation));
    return answer(reply, now ?? { id, conversation: address.conversation, status: 'accepted' });
  } finally {
    expected.stop();
  }
}

function answer(reply: FastifyReply, status: MessageStatus): FastifyReply {
  return reply
    .code(status.status === 'accepted' ? 202 : 200)
    .header('location', `/api/messages/${status.id}`)
    .send(status);
}

function conversationIn(request: FastifyRequest<Query>): string | undefined {
  const { conversation } = request.query;
  if (conversation === undefined) return undefined;
  const parsed = ConversationId.safeParse(conversation);
  if (!parsed.success) throw new AppError('conversation.invalid');
  return parsed.data;
}
