import {
  AppError,
  type ContextMessage,
  ConversationId,
  errorTable,
  isErrorCode,
  type ServerFrame,
  type Usage,
} from '@queueclaw/contracts';
import { newId } from '@queueclaw/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, type Guard } from '../../access/guard.js';
import type { ServerParts } from '../../http/server-parts.js';
import { languageOf } from '../language.js';
import { storeFiles } from './completion-files.js';
import { type Before, type Completion, completionOf } from './completion-request.js';
import { completionText } from './completion-text.js';
import { eventStream } from './event-stream.js';
import { linkedFiles } from './linked-files.js';

/** Pictures travel inside the JSON. */
const bodyBytesMax = 8_388_608;

type ReplyFrame = Extract<ServerFrame, { type: 'reply' }>;

/**
 * `GET /v1/models` and `POST /v1/chat/completions`, as OpenAI's clients speak them. Stateless: each request is a one-off
 * conversation that is forgotten afterwards; with the header `X-QueueClaw-Conversation` only the last message counts and
 * the transcript is ours.
 */
export async function completionRoutes(
  app: FastifyInstance,
  parts: ServerParts & { readonly guard: Guard },
): Promise<void> {
  app.get('/v1/models', { onRequest: parts.guard('read') }, async () => ({
    object: 'list',
    data: [{ id: 'queueclaw', object: 'model', created: 0, owned_by: 'queueclaw' }],
  }));

  app.post(
    '/v1/chat/completions',
    { onRequest: parts.guard('chat'), bodyLimit: bodyBytesMax },
    async (request, reply) => {
      const completion = completionOf(request.body);
      const kept = keptConversation(request);
      const { tenant, sender } = callerOf(request);
      const address = { tenant, conversation: kept ?? `openai-${newId()}` };
      const id = newId();
      const language = languageOf(request.headers['accept-language']);
      const attachments = await storeFiles(parts.blobs, tenant, completion.files);
      const context = kept === undefined ? await withAttachments(parts, tenant, completion.context) : [];
      const post = (): Promise<unknown> =>
        parts.toMessages(address, {
          id,
          text: completion.text,
          attachments,
          context,
          from: sender,
          route: { channel: 'http' },
          language,
        });
      try {
        return await (completion.stream ? streamed : whole)(parts, reply, completion, { ...address, id }, post);
      } finally {
        if (kept === undefined) void parts.conversations.forget(address).catch(() => undefined);
      }
    },
  );
}

/** What was said before, with its files stored. */
async function withAttachments(
  { blobs }: ServerParts,
  tenant: string,
  before: readonly Before[],
): Promise<readonly ContextMessage[]> {
  const context: ContextMessage[] = [];
  for (const { role, text, files } of before) {
    const attachments = await storeFiles(blobs, tenant, files);
    context.push({ role, text, ...(attachments.length === 0 ? {} : { attachments: [...attachments] }) });
  }
  return context;
}

function keptConversation(request: FastifyRequest): string | undefined {
  const header = request.headers['x-queueclaw-conversation'];
  if (header === undefined) return undefined;
  const parsed = ConversationId.safeParse(header);
  if (!parsed.success) throw new AppError('conversation.invalid');
  return parsed.data;
}

type Asked = { readonly tenant: string; readonly conversation: string; readonly id: string };
type Post = () => Promise<unknown>;

/**
 * Follows the conversation until the reply to the message; undefined when the client went, time ran out or we stop, `broken`
 * when `onFrame` says so.
 */
async function untilReply(
  { fromLive, stopping, config }: ServerParts,
  reply: FastifyReply,
  asked: Asked,
  post: Post,
  onFrame: (frame: ServerFrame) => 'broken' | undefined,
): Promise<ReplyFrame | 'broken' | undefined> {
  const { promise, resolve } = Promise.withResolvers<ReplyFrame | 'broken' | undefined>();
  const giveUp = (): void => resolve(undefined);
  const stop = await fromLive(asked, undefined, (frame) => {
    if (onFrame(frame) === 'broken') resolve('broken');
    else if (frame.type === 'reply' && frame.answers.includes(asked.id)) resolve(frame);
  });
  const timer = setTimeout(giveUp, config.server.write_timeout);
  reply.raw.once('close', giveUp);
  stopping.addEventListener('abort', giveUp, { once: true });
  try {
    await post();
    return await promise;
  } finally {
    clearTimeout(timer);
    reply.raw.off('close', giveUp);
    stopping.removeEventListener('abort', giveUp);
    stop();
  }
}

const usageOf = (usage: Usage | undefined): Record<string, number> => ({
  prompt_tokens: usage?.inputTokens ?? 0,
  completion_tokens: usage?.outputTokens ?? 0,
  total_tokens: (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0),
});

const takenBack = 'The answer was begun anew: what was streamed of it does not count, and cannot be taken back.';

/** The answer. @throws AppError that says what went wrong instead */
function answerIn(frame: ReplyFrame | 'broken' | undefined): ReplyFrame {
  if (frame === undefined) throw new AppError('llm.timeout', { publicMessage: 'There was no answer in time.' });
  if (frame === 'broken') throw new AppError('llm.interrupted', { publicMessage: takenBack });
  if (frame.status !== 'failed') return frame;
  const code = frame.error?.code ?? '';
  const known = isErrorCode(code) ? code : 'turn.failed';
  throw new AppError(errorTable[known].status >= 500 ? known : 'turn.failed', { publicMessage: frame.text });
}

async function whole(
  parts: ServerParts,
  reply: FastifyReply,
  { model }: Completion,
  asked: Asked,
  post: Post,
): Promise<FastifyReply> {
  const frame = answerIn(await untilReply(parts, reply, asked, post, () => undefined));
  return reply.header('cache-control', 'no-store').send({
    ...{ id: `chatcmpl-${asked.id}`, object: 'chat.completion', created: Math.floor(Date.now() / 1_000), model },
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: frame.text + linkedFiles(frame.attachments) },
        finish_reason: 'stop',
      },
    ],
    usage: usageOf(frame.usage),
  });
}

async function streamed(
  parts: ServerParts,
  reply: FastifyReply,
  { model, includeUsage }: Completion,
  asked: Asked,
  post: Post,
): Promise<FastifyReply> {
  const events = eventStream(reply);
  const base = {
    id: `chatcmpl-${asked.id}`,
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1_000),
    model,
  };
  const chunk = (delta: Record<string, string>, finish: string | null = null): void =>
    events.send({ ...base, choices: [{ index: 0, delta, finish_reason: finish }] });
  const text = completionText();
  let first = true;
  try {
    const end = await untilReply(parts, reply, asked, post, (one) => {
      if (one.type === 'reply' && (one.status === 'failed' || !one.answers.includes(asked.id))) return undefined;
      const piece = text(one);
      if (piece === undefined) return 'broken';
      if (piece === '') return undefined;
      chunk(first ? { role: 'assistant', content: piece } : { content: piece });
      first = false;
      return undefined;
    });
    const frame = answerIn(end);
    const links = linkedFiles(frame.attachments);
    if (links !== '') chunk({ content: links });
    chunk({}, 'stop');
    if (includeUsage) events.send({ ...base, choices: [], usage: usageOf(frame.usage) });
    events.done();
  } catch (error) {
    if (!events.started()) throw error;
    events.fail(error instanceof AppError ? error : new AppError('system.internal', { cause: error }));
  } finally {
    events.end();
  }
  return reply;
}
