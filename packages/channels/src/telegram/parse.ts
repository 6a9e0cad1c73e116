import { AppError, channelConversation } from '@queueclaw/contracts';
import type { Incoming, ParseContext } from '../contract.js';
import { filesOf, isForAnother, speaksTo, Update, withoutName, wordsOf } from './update.js';

const textCharsMax = 16_000;

/**
 * An update of the Bot API as mail. `context.self` is the bot's user name. A button that is pressed is its
 * text. What bots wrote, what commands another bot, edits, joins and reactions are nothing.
 * @throws AppError `request.invalid` for what is no update
 */
export function parse(payload: unknown, { account, self }: ParseContext): readonly Incoming[] {
  const update = Update.safeParse(payload);
  if (!update.success) throw new AppError('request.invalid');
  const words = wordsOf(update.data);
  if (words?.message.from === undefined) return [];
  const { message } = words;
  if (message.chat.type !== 'private' && isForAnother(self, words.text)) return [];
  const { id, first_name: first, last_name: last, language_code: language } = words.message.from;
  const text = withoutName(self, words.text).trim() || words.text;
  const thread = message.is_topic_message === true ? message.message_thread_id : undefined;
  const chat = String(message.chat.id);
  const group = message.chat.type !== 'private';
  const files = words.pressed === undefined ? filesOf(message) : [];
  return [
    {
      conversation: channelConversation({
        ...{ channel: 'telegram', account, peer: chat },
        ...(thread === undefined ? {} : { thread: String(thread) }),
      }),
      place: { kind: group ? 'group' : 'direct', id: chat },
      addressed: !group || speaksTo(self, words),
      ...(files.length === 0 ? {} : { files }),
      mail: {
        id: words.pressed === undefined ? `u${update.data.update_id}` : `q${words.pressed}`,
        text: text.slice(0, textCharsMax).toWellFormed(),
        from: { id: String(id), name: [first, last].filter(Boolean).join(' ').slice(0, 256) },
        route: {
          ...{ channel: 'telegram', account },
          address: {
            chat,
            ...(thread === undefined ? {} : { thread: String(thread) }),
            ...(group ? { message: String(message.message_id) } : {}),
            ...(words.pressed === undefined ? { said: String(message.message_id) } : {}),
          },
        },
        ...(language === undefined ? {} : { language }),
      },
    },
  ];
}
