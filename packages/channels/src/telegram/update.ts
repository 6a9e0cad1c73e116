import { z } from 'zod';
import type { IncomingFile } from '../contract.js';
import { pressed } from '../pressed.js';

const Chat = z.looseObject({ id: z.number().int(), type: z.enum(['private', 'group', 'supergroup', 'channel']) });
const Person = z.looseObject({
  id: z.number().int(),
  is_bot: z.boolean().default(false),
  first_name: z.string().default(''),
  last_name: z.string().optional(),
  username: z.string().optional(),
  language_code: z.string().max(35).optional(),
});

const File = z.looseObject({
  file_id: z.string().min(1).max(1_024),
  file_name: z.string().max(4_096).optional(),
  mime_type: z.string().max(256).optional(),
  file_size: z.number().int().nonnegative().optional(),
});

/** The parts of a message that count here (Bot API, `Message`). */
export const Message = z.looseObject({
  message_id: z.number().int(),
  chat: Chat,
  from: Person.optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  /** One picture in several sizes, the largest last. */
  photo: z.array(File).max(32).optional(),
  document: File.optional(),
  video: File.optional(),
  video_note: File.optional(),
  audio: File.optional(),
  voice: File.optional(),
  message_thread_id: z.number().int().optional(),
  is_topic_message: z.boolean().optional(),
  reply_to_message: z.looseObject({ from: Person.optional() }).optional(),
});
export type Message = z.infer<typeof Message>;

/** The parts of an update that count here (Bot API, `Update`): edits, joins and reactions are no messages. */
export const Update = z.looseObject({
  update_id: z.number().int(),
  message: Message.optional(),
  /** Somebody pressed a button under `message`, which may be too old for more than its place to be told. */
  callback_query: z
    .looseObject({
      id: z.string().regex(/^\d{1,64}$/),
      from: Person,
      data: z.string().max(256).optional(),
      message: Message.optional(),
    })
    .optional(),
});
export type Update = z.infer<typeof Update>;

/** Words of a person; `message` is what they stand in or, of a button that was pressed, under. */
export type Words = { readonly message: Message; readonly text: string; readonly pressed?: string };

/** What came with a message: Telegram sends one at a time. */
export function filesOf({ photo, document, video, video_note: round, audio, voice }: Message): readonly IncomingFile[] {
  const file = (
    given: z.infer<typeof File> | undefined,
    name?: string,
    type?: string,
    spoken: boolean = false,
  ): readonly IncomingFile[] =>
    given === undefined
      ? []
      : [
          {
            name: given.file_name ?? name,
            type: given.mime_type ?? type,
            size: given.file_size,
            ...(spoken ? { voice: true } : {}),
            handle: given.file_id,
          },
        ];
  return [
    ...file(photo?.at(-1), 'picture.jpg', 'image/jpeg'),
    ...file(document),
    ...file(video, 'video.mp4', 'video/mp4'),
    ...file(round, 'video.mp4', 'video/mp4'),
    ...file(audio, 'audio.mp3', 'audio/mpeg'),
    ...file(voice, 'voice.ogg', 'audio/ogg', true),
  ].slice(0, 1);
}

/** A person's message, or the text of a button that they pressed; undefined for what no person wrote, and for what has no words. */
export function wordsOf({ message, callback_query: press }: Update): Words | undefined {
  if (press !== undefined) return wordsOfPress(press);
  const text = message?.text ?? message?.caption ?? '';
  if (message === undefined || message.from === undefined || message.from.is_bot) return undefined;
  if (text.trim() === '' && filesOf(message).length === 0) return undefined;
  return message.chat.type === 'channel' ? undefined : { message, text };
}

function wordsOfPress({ id, from, data, message }: NonNullable<Update['callback_query']>): Words | undefined {
  const text = pressed(data);
  if (text === undefined || message === undefined || message.chat.type === 'channel' || from.is_bot) return undefined;
  return { message: { ...message, from }, text, pressed: id };
}

/** Whether a message of a group speaks to the bot: mentions it, answers it, commands it by name, or presses its button. */
export function speaksTo(username: string | undefined, { message, text, pressed: press }: Words): boolean {
  if (username === undefined) return false;
  if (press !== undefined) return true;
  if (message.reply_to_message?.from?.username === username) return true;
  return new RegExp(`(?<![\\w@.])@${username}(?!\\w)`, 'i').test(text) || isCommandFor(username, text);
}

const isCommandFor = (username: string, text: string): boolean => new RegExp(`^/\\w+@${username}\\b`, 'i').test(text);

/** Whether a command names another bot of the group. */
export const isForAnother = (username: string | undefined, text: string): boolean => {
  const [, named] = /^\/\w+@([\w-]+)/.exec(text) ?? [];
  return username !== undefined && named !== undefined && named.toLowerCase() !== username.toLowerCase();
};

/** The words without the bot's name in front, or in a command. */
export function withoutName(username: string | undefined, text: string): string {
  if (username === undefined) return text;
  return text
    .replace(new RegExp(`^(/\\w+)@${username}\\b`, 'i'), '$1')
    .replace(new RegExp(`^\\s*@${username}\\b[\\s,:]*`, 'i'), '');
}
