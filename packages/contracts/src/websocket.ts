import { z } from 'zod';
import { ApprovalId, ApprovalScope } from './approvals.js';
import { Attachments } from './attachments.js';
import { saysNothing, saysSomething, Written } from './http.js';
import { CallId, ConversationId, MessageId } from './ids.js';
import { PublicError, ReplyStatus, Usage } from './mail.js';

/** Position in a conversation's live stream: a Redis stream id. */
export const Cursor = z.string().regex(/^[0-9]{1,20}-[0-9]{1,20}$/);

/** What a client may send on `/ws`. */
export const ClientFrame = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auth'), token: z.string().min(1).max(512) }),
  z
    .strictObject({ type: z.literal('send'), conversation: ConversationId, ...Written, id: MessageId.optional() })
    .refine(saysSomething, saysNothing),
  z.strictObject({ type: z.literal('subscribe'), conversation: ConversationId, cursor: Cursor.optional() }),
  z.strictObject({ type: z.literal('stop'), conversation: ConversationId }),
  z.strictObject({
    type: z.literal('approve'),
    conversation: ConversationId,
    approval: ApprovalId,
    scope: ApprovalScope.optional(),
  }),
  z.strictObject({ type: z.literal('deny'), conversation: ConversationId, approval: ApprovalId }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

const conversation = { conversation: ConversationId };

/** What the server sends on `/ws`. */
export const ServerFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('subscribed'), ...conversation, cursor: z.string() }),
  z.object({
    type: z.literal('accepted'),
    ...conversation,
    id: MessageId,
    /** How many messages of this conversation wait before it, when any. */
    position: z.number().int().nonnegative().optional(),
  }),
  z.object({
    type: z.literal('delta'),
    ...conversation,
    turn: z.number().int(),
    step: z.number().int(),
    attempt: z.number().int(),
    text: z.string(),
    /** This text replaces everything that this step has said so far. */
    replace: z.literal(true).optional(),
    cursor: z.string(),
  }),
  z.object({
    type: z.literal('tool'),
    ...conversation,
    turn: z.number().int(),
    call: CallId,
    name: z.string(),
    state: z.enum(['started', 'done', 'failed']),
    summary: z.string().optional(),
    cursor: z.string(),
  }),
  z.object({
    type: z.literal('approval'),
    ...conversation,
    turn: z.number().int(),
    call: CallId,
    approval: ApprovalId,
    state: z.enum(['asked', 'approved', 'denied', 'expired']),
    /** Of `asked`. */
    name: z.string().optional(),
    /** The command, or the tool's arguments. */
    command: z.string().max(20_000).optional(),
    directory: z.string().max(1_024).optional(),
    network: z.string().max(1_024).optional(),
    expires_at: z.number().int().optional(),
    cursor: z.string(),
  }),
  z.object({
    type: z.literal('reply'),
    ...conversation,
    id: z.string(),
    turn: z.number().int(),
    text: z.string(),
    answers: z.array(MessageId),
    status: ReplyStatus,
    attachments: Attachments.optional(),
    usage: Usage.optional(),
    error: PublicError.optional(),
    /** Absent when a message that was answered before is sent again: this is its answer, not a new event. */
    cursor: z.string().optional(),
  }),
  z.object({ type: z.literal('gap'), ...conversation }),
  z.object({
    type: z.literal('error'),
    code: z.string(),
    message: z.string(),
    /** The message that it is about. */
    id: z.string().optional(),
    retry_after_ms: z.number().int().nonnegative().optional(),
  }),
]);
export type ServerFrame = z.infer<typeof ServerFrame>;
