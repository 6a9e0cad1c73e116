import { AppError, channelConversation } from '@queueclaw/contracts';
import { createHash } from 'node:crypto';
import type { Incoming, ParseContext } from '../contract.js';
import { filesOf, Message, wordsOf } from './message.js';

const textCharsMax = 16_000;

const hashed = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 40);

/**
 * A callback as mail. A chat is a conversation. What the bot says itself, and what has neither words nor a file, is nothing.
 * @throws AppError `request.invalid` for what is no message
 */
export function parse(payload: unknown, { account, self }: ParseContext): readonly Incoming[] {
  const parsed = Message.safeParse(payload);
  if (!parsed.success) throw new AppError('request.invalid');
  const { headers, body } = parsed.data;
  const { userid: person } = body.from;
  const text = wordsOf(parsed.data);
  const files = filesOf(parsed.data);
  const group = body.chattype === 'group' ? body.chatid : undefined;
  const nobodys = person === self || person === body.aibotid || (body.chattype === 'group' && group === undefined);
  if ((text === '' && files.length === 0) || nobodys) return [];
  const chat = group ?? person;
  return [
    {
      conversation: channelConversation({
        ...{ channel: 'wecom-bot', account },
        // A person and a group may have the same id.
        peer: hashed(`${body.chattype}/${chat}`),
      }),
      place: { kind: group === undefined ? 'direct' : 'group', id: chat },
      // Of groups WeCom brings only what mentions the bot.
      addressed: true,
      ...(files.length === 0 ? {} : { files }),
      mail: {
        id: `b${hashed(body.msgid)}`,
        text: text.slice(0, textCharsMax).toWellFormed(),
        from: { id: person },
        language: 'zh-CN',
        route: { channel: 'wecom-bot', account, address: { chat, request: headers.req_id } },
      },
    },
  ];
}

/** Where a person or group is reached, by WeCom's own id. */
export const addressOf = (to: string): { chat: string } => ({ chat: to.slice(0, 512) });
