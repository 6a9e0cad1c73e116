import { z } from 'zod';
import { type AttachmentRef, AttachmentRefs, Attachments } from './attachments.js';
import { ConversationId, MessageId } from './ids.js';
import { PublicError, Usage } from './mail.js';

/** Text of a message: at most 64 KiB of UTF-8, no NUL. */
const MessageText = z
  .string()
  .refine((text) => !text.includes('\0'), 'must not contain NUL')
  .refine(
    (text) => text.length * 3 <= 65_536 || new TextEncoder().encode(text).length <= 65_536,
    'must be at most 64 KiB',
  );

/** What a person writes: text, attachments, or both. */
export const Written = { text: MessageText, attachments: AttachmentRefs.optional() };

/** False for a message that is neither. */
export const saysSomething = (message: {
  readonly text: string;
  readonly attachments?: readonly AttachmentRef[] | undefined;
}): boolean => message.text !== '' || (message.attachments?.length ?? 0) > 0;
export const saysNothing = { path: ['text'], message: 'must not be empty without an attachment' };

/** Body of `POST /api/message`. */
export const MessageRequest = z
  .strictObject({ conversation: ConversationId, ...Written, id: MessageId.optional() })
  .refine(saysSomething, saysNothing);
export type MessageRequest = z.infer<typeof MessageRequest>;

/** What `POST /api/message` and `GET /api/messages/:id` answer. */
export const MessageStatus = z.object({
  id: MessageId,
  conversation: ConversationId,
  status: z.enum(['accepted', 'answered', 'failed', 'stopped']),
  reply: z.object({ text: z.string(), answers: z.array(MessageId), attachments: Attachments.optional() }).optional(),
  turn: z.number().int().optional(),
  usage: Usage.optional(),
  error: PublicError.optional(),
});
export type MessageStatus = z.infer<typeof MessageStatus>;

/** The body of every error. */
export const ErrorBody = z.object({ error: PublicError });
export type ErrorBody = z.infer<typeof ErrorBody>;
