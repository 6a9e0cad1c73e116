import { commandIn } from '@queueclaw/contracts';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { IncomingFile } from '../contract.js';
import { pressed } from '../pressed.js';

const Id = z.string().max(64);

/** The parts of a message or mention that count here (Events API, `message` and `app_mention`). */
const Event = z.looseObject({
  type: z.string(),
  subtype: z.string().optional(),
  channel: Id.optional(),
  channel_type: z.string().optional(),
  user: Id.optional(),
  bot_id: Id.optional(),
  text: z.string().default(''),
  ts: z.string().max(32).optional(),
  thread_ts: z.string().max(32).optional(),
  files: z
    .array(
      z.looseObject({
        name: z.string().max(1_024).nullish(),
        mimetype: z.string().max(256).optional(),
        size: z.number().int().nonnegative().optional(),
        /** `slack_audio` is a clip that somebody spoke. */
        subtype: z.string().max(64).optional(),
        url_private_download: z.string().max(2_048).optional(),
        url_private: z.string().max(2_048).optional(),
      }),
    )
    .max(100)
    .optional(),
});

/** The body of a call: of the Events API, of the slash command (its form, as `slash_command`), or of a button that was pressed. */
export const Envelope = z.looseObject({
  type: z.string(),
  challenge: z.string().max(1_024).optional(),
  event: Event.optional(),
  /** Of the slash command. */
  text: z.string().max(65_536).default(''),
  user_id: Id.optional(),
  channel_id: Id.optional(),
  /** Of the slash command and of a button: a new one each time. */
  trigger_id: z.string().min(1).max(256).optional(),
  /** Of a button, with what it stands under. */
  user: z.looseObject({ id: Id }).optional(),
  channel: z.looseObject({ id: Id }).optional(),
  message: z.looseObject({ ts: z.string().max(32), thread_ts: z.string().max(32).optional() }).optional(),
  actions: z
    .array(z.looseObject({ value: z.string().max(2_000).optional() }))
    .max(25)
    .default([]),
  /** What was asked about who wrote it: calls do not say. */
  person: z.looseObject({ name: z.string().optional(), language: z.string().max(35).optional() }).optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** Words of a person, and where they stand. */
export type Words = {
  /** The same when it comes again. */
  readonly id: string;
  readonly channel: string;
  readonly user: string;
  readonly text: string;
  readonly files?: readonly IncomingFile[];
  /** Its own time, from which a thread can begin; absent: it is no message. */
  readonly ts: string | undefined;
  /** The thread it stands in, if any. */
  readonly thread: string | undefined;
  readonly alone: boolean;
  readonly mention: boolean;
};

/** What a person said, by message, slash command or button; undefined for edits, joins, bots and everything else. */
export function wordsOf(envelope: Envelope): Words | undefined {
  if (envelope.type === 'slash_command') return wordsOfCommand(envelope);
  return envelope.type === 'block_actions' ? wordsOfPress(envelope) : wordsOfEvent(envelope);
}

/** Chats with one person have an id that begins with it. */
const isAlone = (channel: string): boolean => channel.startsWith('D');
const idOf = (trigger: string): string => `t${createHash('sha256').update(trigger).digest('hex').slice(0, 40)}`;

/** `/queueclaw stop` is `/stop`, `/queueclaw` alone asks for help, and anything else after it is a message. */
function wordsOfCommand({
  text: said,
  user_id: user,
  channel_id: channel,
  trigger_id: trigger,
}: Envelope): Words | undefined {
  if (user === undefined || channel === undefined || trigger === undefined) return undefined;
  const words = said.trim() || 'help';
  const command = words.startsWith('/') ? words : `/${words}`;
  const text = commandIn(command) === undefined ? words : command;
  const place = { ts: undefined, thread: undefined, alone: isAlone(channel), mention: true };
  return { id: idOf(trigger), channel, user, text, ...place };
}

function wordsOfPress({ user, channel, message, actions, trigger_id: trigger }: Envelope): Words | undefined {
  const text = pressed(actions[0]?.value);
  if (text === undefined || user === undefined || channel === undefined || trigger === undefined) return undefined;
  const place = { ts: undefined, thread: message?.thread_ts, alone: isAlone(channel.id), mention: true };
  return { id: idOf(trigger), channel: channel.id, user: user.id, text, ...place };
}

function filesOf({ files = [] }: z.infer<typeof Event>): IncomingFile[] {
  return files.map(({ name, mimetype: type, size, subtype, url_private_download: download, url_private: url }) => ({
    ...{ name: name ?? undefined, type, size, handle: download ?? url ?? '' },
    ...(subtype === 'slack_audio' ? { voice: true } : {}),
  }));
}

function wordsOfEvent({ event }: Envelope): Words | undefined {
  if (event === undefined || (event.type !== 'message' && event.type !== 'app_mention')) return undefined;
  const { channel, user, text, ts, subtype, bot_id: bot, channel_type: kind, thread_ts: thread } = event;
  if (channel === undefined || user === undefined || ts === undefined || bot !== undefined) return undefined;
  const files = filesOf(event);
  if ((subtype !== undefined && subtype !== 'file_share') || (text.trim() === '' && files.length === 0))
    return undefined;
  // A mention comes twice, as a message and as a mention: with the same time stamp, which is unique in its channel.
  return {
    id: `s${channel}.${ts}`,
    channel,
    user,
    text,
    ...(files.length === 0 ? {} : { files }),
    ts,
    thread,
    alone: kind === 'im',
    mention: event.type === 'app_mention',
  };
}

/** Slack's escapes and marks as a person reads them; without the mention of the bot in front. */
export function plainText(text: string, self: string | undefined): string {
  const rest = self === undefined ? text : text.replace(new RegExp(`^\\s*<@${self}(?:\\|[^>]*)?>[\\s,:]*`), '');
  return (rest.trim() === '' ? text : rest)
    .replaceAll(/<(https?:[^|>]+)\|([^>]*)>/g, '$2 ($1)')
    .replaceAll(/<(https?:[^|>]+|mailto:[^|>]+)(?:\|[^>]*)?>/g, '$1')
    .replaceAll(/<[#!@]([^|>]+)\|([^>]+)>/g, '$2')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();
}
