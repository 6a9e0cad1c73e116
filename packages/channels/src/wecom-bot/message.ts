import { z } from 'zod';
import type { IncomingFile } from '../contract.js';

const Id = z.string().min(1).max(256);
const Content = z.looseObject({ content: z.string().max(131_072) });
/** Where something lies, encrypted, for five minutes. */
export const Place = z.looseObject({ url: z.string().min(1).max(4_096), aeskey: z.string().max(256).optional() });
const Item = z.looseObject({
  ...{ msgtype: z.string().max(64), text: Content.optional() },
  ...{ image: Place.optional(), file: Place.optional(), video: Place.optional() },
});
const Said = z.looseObject({
  msgtype: z.string().max(64),
  text: Content.optional(),
  /** What was spoken, written down by WeCom. */
  voice: Content.optional(),
  ...{ image: Place.optional(), file: Place.optional(), video: Place.optional() },
  mixed: z.looseObject({ msg_item: z.array(Item).max(1_000) }).optional(),
});

/** The parts of a callback that count here ("Receive messages" of smart bots), with the request that answers name. */
export const Message = z.looseObject({
  headers: z.looseObject({ req_id: z.string().min(1).max(256) }),
  body: Said.extend({
    msgid: Id,
    aibotid: Id,
    chattype: z.enum(['single', 'group']),
    /** Of groups. */
    chatid: Id.optional(),
    from: z.looseObject({ userid: Id }),
    quote: Said.optional(),
  }),
});
export type Message = z.infer<typeof Message>;

const quoteCharsMax = 2_000;
const media: ReadonlyMap<string, string> = new Map([
  ['image', '[a picture]'],
  ['file', '[a file]'],
  ['video', '[a video]'],
]);

function said({ msgtype: type, text, voice, mixed }: z.infer<typeof Said>): string {
  if (type === 'text') return text?.content ?? '';
  if (type === 'voice') return voice?.content ?? '';
  if (type === 'mixed') return mixed?.msg_item.map(said).filter(Boolean).join('\n') ?? '';
  return media.get(type) ?? '';
}

const isPlaced = (type: string): type is 'image' | 'file' | 'video' => media.has(type);
/** What WeCom says that these are, the pictures aside. */
const types: Readonly<Record<string, string | undefined>> = { image: 'image/png', video: 'video/mp4' };

/** The picture, film or file of a message, or the pictures between its words. */
export function filesOf({ body }: Message): readonly IncomingFile[] {
  const items = body.msgtype === 'mixed' ? (body.mixed?.msg_item ?? []) : [body];
  return items.flatMap((item) => {
    const place = isPlaced(item.msgtype) ? item[item.msgtype] : undefined;
    if (place === undefined) return [];
    const { url, aeskey } = place;
    return [{ name: undefined, type: types[item.msgtype], handle: JSON.stringify({ url, aeskey }) }];
  });
}

/** The words of a message, without the mention of the bot in front, after what it quotes; empty for everything without words. */
export function wordsOf({ body }: Message): string {
  const items = body.msgtype === 'mixed' ? (body.mixed?.msg_item ?? []) : [body];
  const whole = items
    .filter((item) => !(isPlaced(item.msgtype) && item[item.msgtype] !== undefined))
    .map(said)
    .filter(Boolean)
    .join('\n')
    .trim();
  const words = body.chattype === 'group' ? whole.replace(/^@\S+(?:\s+|$)/, '') : whole;
  if (words === '') return '';
  const quoted = body.quote === undefined ? '' : said(body.quote).trim().slice(0, quoteCharsMax);
  return quoted === '' ? words : `${quoted.replaceAll(/^/gm, '> ')}\n\n${words}`;
}
