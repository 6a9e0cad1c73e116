import type { LiveEvent, MessageStatus, Reply } from '@queueclaw/contracts';
import type { MessageRecord } from '@queueclaw/mailbox';

const filesOf = ({ attachments }: Reply): Pick<Reply, 'attachments'> =>
  attachments === undefined ? {} : { attachments };

/** What became of a message, as HTTP tells it. */
export function messageStatus(id: string, conversation: string, record: MessageRecord | undefined): MessageStatus {
  const reply = record?.reply;
  if (!record || !reply) return { id, conversation, status: record?.status ?? 'accepted' };
  return {
    id,
    conversation,
    status: record.status,
    reply: { text: reply.text, answers: reply.answers, ...filesOf(reply) },
    turn: reply.turn,
    ...(reply.usage ? { usage: reply.usage } : {}),
    ...(reply.error ? { error: reply.error } : {}),
  };
}

/** A delivered reply as an event of the live stream. */
export function replyEvent(reply: Reply): LiveEvent {
  return {
    type: 'reply',
    id: reply.id,
    turn: reply.turn,
    text: reply.text,
    answers: reply.answers,
    status: reply.status,
    ...filesOf(reply),
    ...(reply.usage ? { usage: reply.usage } : {}),
    ...(reply.error ? { error: reply.error } : {}),
  };
}
