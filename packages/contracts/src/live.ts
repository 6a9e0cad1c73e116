import { z } from 'zod';
import { ApprovalId } from './approvals.js';
import { Attachments } from './attachments.js';
import { CallId, MessageId } from './ids.js';
import { PublicError, ReplyStatus, Usage } from './mail.js';

/** An entry of a conversation's live stream. Deltas are provisional: `attempt` is the epoch, older attempts are dropped. */
export const LiveEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('delta'),
    turn: z.number().int(),
    step: z.number().int(),
    attempt: z.number().int(),
    text: z.string(),
    /** This text replaces everything that this step has said so far. */
    replace: z.literal(true).optional(),
  }),
  z.object({
    type: z.literal('tool'),
    turn: z.number().int(),
    call: CallId,
    name: z.string(),
    state: z.enum(['started', 'done', 'failed']),
    summary: z.string().max(200).optional(),
  }),
  z.object({
    type: z.literal('approval'),
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
  }),
  z.object({
    type: z.literal('reply'),
    id: z.string(),
    turn: z.number().int(),
    text: z.string(),
    answers: z.array(MessageId),
    status: ReplyStatus,
    attachments: Attachments.optional(),
    usage: Usage.optional(),
    error: PublicError.optional(),
  }),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;
