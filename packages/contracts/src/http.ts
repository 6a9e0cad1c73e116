import { z } from 'zod';
import { ConversationId, MessageId } from './ids.js';
import { PublicError, Usage } from './mail.js';

/** Text of a message: at most 64 KiB of UTF-8, no NUL. */
export const MessageText = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0'), 'must not contain NUL')
  .refine((text) => new TextEncoder().encode(text).length <= 65_536, 'must be at most 64 KiB');

/** Body of `POST /api/message`. */
export const MessageRequest = z.strictObject({
  conversation: ConversationId,
  text: MessageText,
  id: MessageId.optional(),
});
export type MessageRequest = z.infer<typeof MessageRequest>;

/** What `POST /api/message` and `GET /api/messages/:id` answer. */
export const MessageStatus = z.object({
  id: MessageId,
  conversation: ConversationId,
  status: z.enum(['accepted', 'answered', 'failed', 'stopped']),
  reply: z.object({ text: z.string(), answers: z.array(MessageId) }).optional(),
  turn: z.number().int().optional(),
  usage: Usage.optional(),
  error: PublicError.optional(),
});
export type MessageStatus = z.infer<typeof MessageStatus>;

/** The body of every error. */
export const ErrorBody = z.object({ error: PublicError });
export type ErrorBody = z.infer<typeof ErrorBody>;
