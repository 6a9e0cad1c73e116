import { AppError, channelConversation } from '@queueclaw/contracts';
import { createHash } from 'node:crypto';
import type { Incoming, ParseContext } from '../contract.js';
import { filesOf, isAlone, Message, personOf, wordsOf } from './message.js';

const textCharsMax = 16_000;

const hashed = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 40);

/**
 * A robot's message as mail. A chat is a conversation. What the robot says itself, and everything that has neither words nor a file, is nothing.
 * @throws AppError `request.invalid` for what is no message
 */
export function parse(payload: unknown, { account, self }: ParseContext): readonly Incoming[] {
  const parsed = Message.safeParse(payload);
  if (!parsed.success) throw new AppError('request.invalid');
  const message = parsed.data;
  const { msgId, conversationId, senderId, senderNick, chatbotUserId: robot } = message;
  const text = wordsOf(message);
  const files = filesOf(message);
  if ((text === '' && files.length === 0) || senderId === self || senderId === robot) return [];
  const alone = isAlone(message);
  // Answers go to staff ids: somebody of another company cannot be answered alone.
  if (alone && !message.senderStaffId) return [];
  const address = alone ? { person: personOf(message) } : { group: conversationId };
  return [
    {
      conversation: channelConversation({
        ...{ channel: 'dingtalk', account },
        // Ids of chats are long and full of signs that ours have not.
        peer: hashed(conversationId),
      }),
      place: { kind: alone ? 'direct' : 'group', id: conversationId },
      // Of groups DingTalk brings only what mentions the robot.
      addressed: true,
      ...(files.length === 0 ? {} : { files }),
      mail: {
        id: `t${hashed(msgId)}`,
        text: text.slice(0, textCharsMax).toWellFormed(),
        from: { id: personOf(message), ...(senderNick ? { name: senderNick.slice(0, 256).toWellFormed() } : {}) },
        route: { channel: 'dingtalk', account, address },
      },
    },
  ];
}
