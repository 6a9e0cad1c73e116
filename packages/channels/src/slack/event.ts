import { z } from 'zod';

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
});

/** The body of a call of the Events API. */
export const Envelope = z.looseObject({
  type: z.string(),
  challenge: z.string().max(1_024).optional(),
  event: Event.optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** Words of a person, and where they stand. */
export type Words = {
  readonly channel: string;
  readonly user: string;
  readonly text: string;
  readonly ts: string;
  /** The thread it stands in, if any. */
  readonly thread: string | undefined;
  readonly alone: boolean;
  readonly mention: boolean;
};

/** What a person said; undefined for edits, joins, bots and everything else. */
export function wordsOf({ event }: Envelope): Words | undefined {
  if (event === undefined || (event.type !== 'message' && event.type !== 'app_mention')) return undefined;
  const { channel, user, text, ts, subtype, bot_id: bot, channel_type: kind, thread_ts: thread } = event;
  if (channel === undefined || user === undefined || ts === undefined || bot !== undefined) return undefined;
  if ((subtype !== undefined && subtype !== 'file_share') || text.trim() === '') return undefined;
  return { channel, user, text, ts, thread, alone: kind === 'im', mention: event.type === 'app_mention' };
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
