import { z } from 'zod';
import type { IncomingFile } from '../contract.js';
import { keysOfPost, textOfPost } from './post.js';

const Id = z.string().min(1).max(128);
const Text = z.string().max(200_000);

/** The parts of a call that count here (events of version 2.0), after it was decrypted. */
export const Envelope = z.looseObject({
  schema: z.literal('2.0'),
  header: z.looseObject({ event_type: Id, token: z.string().max(256), app_id: z.string().max(64) }),
  event: z.unknown(),
});
export type Envelope = z.infer<typeof Envelope>;

/** The call that sets the address up. */
export const Challenge = z.looseObject({
  type: z.literal('url_verification'),
  token: z.string().max(256),
  challenge: z.string().min(1).max(1_024),
});

const Message = z.looseObject({
  sender: z.looseObject({ sender_id: z.looseObject({ open_id: Id }), sender_type: z.string().default('user') }),
  message: z.looseObject({
    message_id: Id,
    chat_id: Id,
    chat_type: z.string(),
    thread_id: Id.optional(),
    message_type: z.string(),
    content: Text,
    mentions: z
      .array(
        z.looseObject({
          key: Id,
          id: z.looseObject({ open_id: z.string().max(128).optional() }),
          name: z.string().max(256),
        }),
      )
      .max(1_000)
      .default([]),
  }),
});
const TextContent = z.looseObject({ text: Text });

/** Words of a person, and where they stand. */
export type Words = {
  readonly id: string;
  readonly user: string;
  readonly chat: string;
  readonly thread: string | undefined;
  readonly alone: boolean;
  /** With people's names instead of the marks that stand for them. */
  readonly text: string;
  readonly files: readonly IncomingFile[];
  /** Open ids of who is mentioned. */
  readonly mentions: readonly string[];
};

/**
 * What a person said in a text or a post, or sent; undefined for what bots say, joins and everything else.
 * @param self the bot's open id: its own mention in front is left out
 */
export function wordsOf({ header, event }: Envelope, self: string | undefined): Words | undefined {
  if (header.event_type !== 'im.message.receive_v1') return undefined;
  const parsed = Message.safeParse(event);
  if (!parsed.success || parsed.data.sender.sender_type !== 'user') return undefined;
  const { sender, message } = parsed.data;
  const said = message.message_type === 'post' ? textOfPost(jsonIn(message.content)) : plain(message);
  const bot = message.mentions.find(({ id }) => self !== undefined && id.open_id === self)?.key;
  const rest = bot !== undefined && said.trimStart().startsWith(bot) ? said.trimStart().slice(bot.length) : said;
  const named = rest.replaceAll(
    /@_user_\d{1,4}/g,
    (mark) => `@${message.mentions.find(({ key }) => key === mark)?.name ?? mark.slice(1)}`,
  );
  const files = filesOf(message);
  if (named.trim() === '' && files.length === 0) return undefined;
  return {
    ...{ id: message.message_id, user: sender.sender_id.open_id, chat: message.chat_id, thread: message.thread_id },
    ...{ alone: message.chat_type === 'p2p', text: named.trim(), files },
    mentions: message.mentions.flatMap(({ id }) => (id.open_id === undefined ? [] : [id.open_id])),
  };
}

const Key = z.string().min(1).max(256);
const Sent = z.looseObject({ image_key: Key.optional(), file_key: Key.optional(), file_name: Text.optional() });
/** Where the platform keeps what came with a message. */
export const Resource = z.strictObject({ message: Id, key: Key, type: z.enum(['image', 'file']) });
type Resource = z.infer<typeof Resource>;

const types: Readonly<Record<string, string | undefined>> = {
  image: 'image/png',
  audio: 'audio/ogg',
  media: 'video/mp4',
  file: undefined,
};

/** A picture, recording, film or file, or the pictures and films inside a post. */
function filesOf({
  message_id: message,
  message_type: type,
  content,
}: z.infer<typeof Message>['message']): readonly IncomingFile[] {
  const handleOf = (key: string, kind: Resource['type']): string =>
    JSON.stringify({ message, key, type: kind } satisfies Resource);
  if (type === 'post')
    return keysOfPost(jsonIn(content)).map(({ key, film }) => ({
      name: undefined,
      type: film ? types['media'] : types['image'],
      handle: handleOf(key, film ? 'file' : 'image'),
    }));
  const sent = Object.hasOwn(types, type) ? Sent.safeParse(jsonIn(content)).data : undefined;
  // A film has a picture of it, too.
  const key = type === 'image' ? sent?.image_key : sent?.file_key;
  if (key === undefined) return [];
  const handle = handleOf(key, type === 'image' ? 'image' : 'file');
  return [{ name: sent?.file_name, type: types[type], handle, ...(type === 'audio' ? { voice: true } : {}) }];
}

function plain({ message_type: type, content }: z.infer<typeof Message>['message']): string {
  const parsed = type === 'text' ? TextContent.safeParse(jsonIn(content)) : undefined;
  return parsed?.success === true ? parsed.data.text : '';
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
