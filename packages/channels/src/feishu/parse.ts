import { AppError, channelConversation } from '@queueclaw/contracts';
import { createHash } from 'node:crypto';
import type { Incoming, ParseContext } from '../contract.js';
import { Envelope, wordsOf } from './event.js';

const textCharsMax = 16_000;

/** Ids of the platform may have signs that ours have not. */
const idOf = (id: string): string => `f${createHash('sha256').update(id).digest('hex').slice(0, 40)}`;

/**
 * A decrypted event as mail. `context.self` is the bot's open id. A chat is a conversation, and so is each topic of a group that
 * has topics. What bots say, joins and other events are nothing.
 * @throws AppError `request.invalid` for what is no event of version 2.0
 */
export function parse(payload: unknown, { account, self }: ParseContext): readonly Incoming[] {
  const envelope = Envelope.safeParse(payload);
  if (!envelope.success) throw new AppError('request.invalid');
  const words = wordsOf(envelope.data, self);
  if (words === undefined || words.user === self) return [];
  const { id, user, chat, thread, alone, text, mentions, files } = words;
  return [
    {
      conversation: channelConversation({
        ...{ channel: 'feishu', account, peer: chat },
        ...(thread === undefined ? {} : { thread }),
      }),
      place: { kind: alone ? 'direct' : 'group', id: chat },
      ...(files.length === 0 ? {} : { files }),
      addressed: alone || (self !== undefined && mentions.includes(self)),
      mail: {
        // An event that comes again may have another event id; the message's stays.
        id: idOf(id),
        text: text.slice(0, textCharsMax).toWellFormed(),
        from: { id: user },
        route: {
          ...{ channel: 'feishu', account },
          address: { chat, ...(alone && thread === undefined ? {} : { message: id }) },
        },
      },
    },
  ];
}
