import { AppError, channelConversation } from '@queueclaw/contracts';
import type { Incoming, ParseContext } from '../contract.js';
import { isSaid, Message, wordsOf } from './message.js';

const textCharsMax = 16_000;

/**
 * The data of a MESSAGE_CREATE as mail. `context.self` is the bot's id. A channel or thread is a conversation. What bots,
 * webhooks and the platform itself write is nothing.
 * @throws AppError `request.invalid` for what is no message
 */
export function parse(payload: unknown, { account, self }: ParseContext): readonly Incoming[] {
  const parsed = Message.safeParse(payload);
  if (!parsed.success) throw new AppError('request.invalid');
  const message = parsed.data;
  if (!isSaid(message)) return [];
  const { id, channel_id: channel, guild_id: server, author } = message;
  return [
    {
      conversation: channelConversation({ channel: 'discord', account, peer: channel }),
      mail: {
        id: `d${id}`,
        text: wordsOf(message, self).slice(0, textCharsMax).toWellFormed(),
        from: { id: author.id, name: (author.global_name ?? author.username).slice(0, 256) },
        route: { channel: 'discord', account, address: { channel, ...(server === undefined ? {} : { message: id }) } },
      },
    },
  ];
}
