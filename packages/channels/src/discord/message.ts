import { z } from 'zod';
import type { IncomingFile } from '../contract.js';

export const Id: z.ZodString = z.string().regex(/^[0-9]{1,20}$/);
export const User = z.looseObject({
  id: Id,
  username: z.string().default(''),
  global_name: z.string().nullish(),
  bot: z.boolean().default(false),
});

/** The parts of a gateway MESSAGE_CREATE that count here (Discord API v10, `Message`). */
export const Message = z.looseObject({
  id: Id,
  channel_id: Id,
  guild_id: Id.optional(),
  author: User,
  content: z.string().default(''),
  /** 0 an ordinary message, 19 an answer to one; all others are notices of the platform. */
  type: z.number().int().default(0),
  webhook_id: z.string().optional(),
  attachments: z
    .array(
      z.looseObject({
        filename: z.string().max(1_024).default('file'),
        content_type: z.string().max(256).optional(),
        size: z.number().int().nonnegative().optional(),
        url: z.string().max(2_048),
        /** Only voice messages have one. */
        waveform: z.string().optional(),
      }),
    )
    .max(100)
    .default([]),
  mentions: z.array(User).default([]),
  referenced_message: z.looseObject({ author: User }).nullish(),
});
export type Message = z.infer<typeof Message>;

/** Whether a person wrote words that count, or sent something. */
export const isSaid = ({ author, content, type, webhook_id: webhook, attachments }: Message): boolean =>
  !author.bot &&
  webhook === undefined &&
  (type === 0 || type === 19) &&
  (content.trim() !== '' || attachments.length > 0);

/** What came with a message. */
export const filesOf = ({ attachments }: Message): readonly IncomingFile[] =>
  attachments.map(({ filename, content_type: type, size, url, waveform }) => ({
    ...{ name: filename, type, size, handle: url },
    ...(waveform === undefined ? {} : { voice: true }),
  }));

/** Whether a message of a server speaks to the bot: mentions it or answers it. */
export const speaksTo = (self: string, { mentions, referenced_message: before }: Message): boolean =>
  mentions.some(({ id }) => id === self) || before?.author.id === self;

/** The words without the bot's mention in front, and with people's names instead of their ids. */
export function wordsOf({ content, mentions }: Message, self: string | undefined): string {
  const rest = self === undefined ? content : content.replace(new RegExp(`^\\s*<@!?${self}>[\\s,:]*`), '');
  const named = rest.replaceAll(/<@!?(\d{1,20})>/g, (mark, id: string) => {
    const user = mentions.find((one) => one.id === id);
    return user === undefined ? mark : `@${user.global_name ?? user.username}`;
  });
  return named.trim() || content.trim();
}
