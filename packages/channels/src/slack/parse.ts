import { AppError, channelConversation } from '@queueclaw/contracts';
import type { Incoming, ParseContext } from '../contract.js';
import { Envelope, plainText, wordsOf } from './event.js';

const textCharsMax = 16_000;

/**
 * A call of the Events API, of the slash command or of a button as mail. `context.self` is the bot's user id. Alone with the bot the chat is one conversation, in
 * channels each thread is one, and a mention outside a thread begins one. What bots write, edits and joins are nothing.
 * @throws AppError `request.invalid` for what is no call of it
 */
export function parse(payload: unknown, { account, self }: ParseContext): readonly Incoming[] {
  const envelope = Envelope.safeParse(payload);
  if (!envelope.success) throw new AppError('request.invalid');
  const words = wordsOf(envelope.data);
  if (words === undefined || words.user === self) return [];
  const { channel, user, ts, alone } = words;
  const { name, language } = envelope.data.person ?? {};
  const thread = alone ? words.thread : (words.thread ?? ts);
  return [
    {
      conversation: channelConversation({
        ...{ channel: 'slack', account, peer: channel },
        ...(thread === undefined ? {} : { thread }),
      }),
      place: { kind: alone ? 'direct' : 'group', id: channel },
      ...(words.files === undefined ? {} : { files: words.files }),
      addressed: alone || words.mention || (self !== undefined && words.text.includes(`<@${self}`)),
      mail: {
        id: words.id,
        text: plainText(words.text, self).slice(0, textCharsMax).toWellFormed(),
        from: { id: user, ...(name ? { name: name.slice(0, 256).toWellFormed() } : {}) },
        ...(language === undefined ? {} : { language }),
        route: { channel: 'slack', account, address: { channel, ...(thread === undefined ? {} : { thread }) } },
      },
    },
  ];
}
