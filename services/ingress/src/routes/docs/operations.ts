import {
  Attachment,
  AttachmentId,
  ConversationId,
  type ErrorCode,
  MessageId,
  MessageRequest,
  MessageStatus,
  TranscriptEntry,
} from '@queueclaw/contracts';
import { z } from 'zod';
import type { Scope } from '../../access/tokens.js';

/** A body: JSON of a schema, or a media type that says enough. */
export type Content = z.ZodType | 'application/jsonl' | 'application/octet-stream' | 'text/event-stream' | 'text/html';

/** A parameter: a schema and one sentence. */
export type Parameter = { readonly schema: z.ZodType; readonly says: string };

/** A call of the public API, as the document describes it. */
export type Operation = {
  readonly method: 'get' | 'post' | 'delete';
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly group: 'Messages' | 'Conversations' | 'Attachments' | 'People' | 'OpenAI-compatible' | 'Health';
  readonly summary: string;
  /** Absent: open to everybody. */
  readonly scope?: Scope;
  readonly params?: Readonly<Record<string, Parameter>>;
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly headers?: Readonly<Record<string, Parameter>>;
  readonly body?: Content;
  readonly answers: Readonly<Record<number, readonly [says: string, content?: Content]>>;
  readonly errors?: readonly ErrorCode[];
};

const conversation = { schema: ConversationId, says: 'The conversation.' };
const person = {
  channel: { schema: z.string().max(32), says: 'The channel; `http` for whoever comes with a token.' },
  id: { schema: z.string().max(256), says: "The channel's own id of the person; see /whoami." },
};
const before = { schema: z.int().min(0), says: '`next` of the page before.' };
const limit = (usual: number, most: number): Parameter => ({
  schema: z.int().min(1).max(most).default(usual),
  says: 'Entries of a page.',
});
const anything = z.looseObject({});
const health = z.object({ status: z.enum(['ok', 'unavailable']) });

/** Every call of the public API. A test holds it to the routes that exist. */
export const operations: readonly Operation[] = [
  {
    ...{ method: 'post', path: '/api/message', group: 'Messages', scope: 'chat' },
    summary: 'Write to the assistant. The conversation exists from its first message on.',
    query: {
      wait: { schema: z.string(), says: 'Wait so long for the answer, `1s` to `120s`; when it ends first: 202.' },
    },
    body: MessageRequest,
    answers: {
      200: ['What became of it.', MessageStatus],
      202: ['It is durable and will be answered; `Location` says where to ask.', MessageStatus],
    },
    errors: [
      'request.invalid',
      'request.text_too_long',
      'attachment.not_found',
      'conversation.busy',
      'message.conflict',
      'system.full',
    ],
  },
  {
    ...{ method: 'get', path: '/api/messages/{id}', group: 'Messages', scope: 'read' },
    summary: 'What became of a message, for 24 hours.',
    params: { id: { schema: MessageId, says: 'The message.' } },
    query: { conversation: { schema: ConversationId, says: 'Needed when several conversations used the id.' } },
    answers: { 200: ['What became of it.', MessageStatus] },
    errors: ['message.not_found'],
  },
  {
    ...{ method: 'get', path: '/api/conversations', group: 'Conversations', scope: 'read' },
    summary: "The tenant's conversations, the last active first.",
    query: { limit: limit(50, 200), before },
    answers: {
      200: [
        'A page.',
        z.object({
          conversations: z.array(z.object({ conversation: ConversationId, at: z.int() })),
          next: z.int().optional(),
        }),
      ],
    },
  },
  {
    ...{ method: 'get', path: '/api/conversations/{id}', group: 'Conversations', scope: 'read' },
    summary: 'The transcript: the newest page, its oldest entry first.',
    params: { id: conversation },
    query: { limit: limit(100, 500), before },
    answers: {
      200: [
        'A page.',
        z.object({ conversation: ConversationId, entries: z.array(TranscriptEntry), next: z.int().optional() }),
      ],
    },
    errors: ['conversation.not_found', 'conversation.invalid'],
  },
  {
    ...{ method: 'delete', path: '/api/conversations/{id}', group: 'Conversations', scope: 'chat' },
    summary: 'Forget a conversation: transcript, waiting mail, records of its messages.',
    params: { id: conversation },
    answers: { 204: ['It is gone.'] },
    errors: ['conversation.not_found', 'conversation.invalid'],
  },
  {
    ...{ method: 'get', path: '/api/conversations/{id}/export', group: 'Conversations', scope: 'read' },
    summary: 'The whole transcript, one entry a line.',
    params: { id: conversation },
    answers: { 200: ['The transcript.', 'application/jsonl'] },
    errors: ['conversation.not_found', 'conversation.invalid'],
  },
  {
    ...{ method: 'post', path: '/api/attachments', group: 'Attachments', scope: 'chat' },
    summary: 'Upload a file; the body is the file. Messages name it by the `id` of the answer.',
    query: { name: { schema: z.string().max(255), says: 'What it is called.' } },
    body: 'application/octet-stream',
    answers: { 201: ['It is stored.', Attachment] },
    errors: ['attachment.too_large', 'attachment.quota'],
  },
  {
    ...{ method: 'get', path: '/api/attachments/{id}', group: 'Attachments', scope: 'read' },
    summary: 'The bytes of an attachment, as a download.',
    params: { id: { schema: AttachmentId, says: 'The attachment.' } },
    query: { name: { schema: z.string().max(255), says: 'What the file is to be called.' } },
    answers: { 200: ['The file.', 'application/octet-stream'] },
    errors: ['route.not_found'],
  },
  {
    ...{ method: 'get', path: '/api/people/{channel}/{id}/export', group: 'People', scope: 'operate' },
    summary:
      'Everything that a person has: transcripts, waiting mail, preferences. Of shared conversations only their words.',
    params: person,
    answers: { 200: ['One line each; none when nothing is known.', 'application/jsonl'] },
    errors: ['request.invalid'],
  },
  {
    ...{ method: 'delete', path: '/api/people/{channel}/{id}', group: 'People', scope: 'operate' },
    summary: 'Forget a person: their conversations; from shared ones, what they wrote.',
    params: person,
    answers: { 200: ['How many conversations.', z.object({ forgotten: z.int(), redacted: z.int() })] },
    errors: ['request.invalid'],
  },
  {
    ...{ method: 'get', path: '/v1/models', group: 'OpenAI-compatible', scope: 'read' },
    summary: 'The one model that clients of OpenAI see.',
    answers: { 200: ["OpenAI's list of models.", anything] },
  },
  {
    ...{ method: 'post', path: '/v1/chat/completions', group: 'OpenAI-compatible', scope: 'chat' },
    summary: 'A chat completion, as a whole or (with `stream`) as server-sent events.',
    headers: {
      'X-QueueClaw-Conversation': {
        schema: ConversationId,
        says: 'Only the last message counts, and the transcript is ours.',
      },
    },
    body: anything,
    answers: { 200: ["OpenAI's completion, or its chunks as events.", anything] },
    errors: ['request.unsupported', 'request.invalid'],
  },
  {
    ...{ method: 'get', path: '/healthz', group: 'Health' },
    summary: 'The process is alive.',
    answers: { 200: ['It is.', health] },
  },
  {
    ...{ method: 'get', path: '/readyz', group: 'Health' },
    summary: 'It serves, and what it needs is there. Also as /health.',
    answers: { 200: ['It is ready.', health], 503: ['It is not; `checks` says why.', health] },
  },
];
