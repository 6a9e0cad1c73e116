import { AppError, channelConversation } from '@queueclaw/contracts';
import type { Incoming, ParseContext } from '../contract.js';
import { Interaction, personOf, textOf } from './interaction.js';
import { filesOf, isSaid, Message, speaksTo, wordsOf } from './message.js';

const textCharsMax = 16_000;

const placeOf = (channel: string, server: string | undefined): NonNullable<Incoming['place']> =>
  server === undefined ? { kind: 'direct', id: channel } : { kind: 'group', id: channel, within: server };

/** An interaction as mail: what it says is a command, or nothing. */
function parseInteraction(interaction: Interaction, { account, self }: ParseContext): readonly Incoming[] {
  const { id, channel_id: channel, guild_id: server, locale } = interaction;
  const [person, text] = [personOf(interaction), textOf(interaction)];
  if (person === undefined || person.bot || person.id === self || text === undefined) return [];
  return [
    {
      conversation: channelConversation({ channel: 'discord', account, peer: channel }),
      place: placeOf(channel, server),
      addressed: true,
      mail: {
        id: `i${id}`,
        text: text.slice(0, textCharsMax).toWellFormed(),
        from: { id: person.id, name: (person.global_name ?? person.username).slice(0, 256) },
        route: { channel: 'discord', account, address: { channel } },
        ...(locale === undefined ? {} : { language: locale }),
      },
    },
  ];
}

/**
 * The data of a MESSAGE_CREATE or INTERACTION_CREATE as mail. `context.self` is the bot's id. A channel or thread is a
 * conversation. What bots, webhooks and the platform itself write is nothing.
 * @throws AppError `request.invalid` for what is no message
 */
export function parse(payload: unknown, context: ParseContext): readonly Incoming[] {
  const interaction = Interaction.safeParse(payload);
  if (interaction.success) return parseInteraction(interaction.data, context);
  const { account, self } = context;
  const parsed = Message.safeParse(payload);
  if (!parsed.success) throw new AppError('request.invalid');
  const message = parsed.data;
  if (!isSaid(message) || message.author.id === self) return [];
  const { id, channel_id: channel, guild_id: server, author } = message;
  const files = filesOf(message);
  return [
    {
      conversation: channelConversation({ channel: 'discord', account, peer: channel }),
      place: placeOf(channel, server),
      addressed: server === undefined || (self !== undefined && speaksTo(self, message)),
      ...(files.length === 0 ? {} : { files }),
      mail: {
        id: `d${id}`,
        text: wordsOf(message, self).slice(0, textCharsMax).toWellFormed(),
        from: { id: author.id, name: (author.global_name ?? author.username).slice(0, 256) },
        route: { channel: 'discord', account, address: { channel, ...(server === undefined ? {} : { message: id }) } },
      },
    },
  ];
}
