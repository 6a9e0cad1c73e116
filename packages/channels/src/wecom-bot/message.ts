import { z } from 'zod';

const Id = z.string().min(1).max(256);
const Content = z.looseObject({ content: z.string().max(131_072) });
const Item = z.looseObject({ msgtype: z.string().max(64), text: Content.optional() });
const Said = z.looseObject({
  msgtype: z.string().max(64),
  text: Content.optional(),
  /** What was spoken, written down by WeCom. */
  voice: Content.optional(),
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

/** The words of a message, without the mention of the bot in front, after what it quotes; empty for everything without words. */
export function wordsOf({ body }: Message): string {
  const whole = said(body).trim();
  const words = body.chattype === 'group' ? whole.replace(/^@\S+(?:\s+|$)/, '') : whole;
  if (words === '') return '';
  const quoted = body.quote === undefined ? '' : said(body.quote).trim().slice(0, quoteCharsMax);
  return quoted === '' ? words : `${quoted.replaceAll(/^/gm, '> ')}\n\n${words}`;
}
