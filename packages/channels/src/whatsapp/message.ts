import { z } from 'zod';
import type { IncomingFile } from '../contract.js';
import { pressed } from '../pressed.js';

const Text = z.string().max(65_536);
const Media = z.looseObject({
  id: z.string().regex(/^[0-9]{1,64}$/),
  caption: Text.optional(),
  mime_type: z.string().max(256).optional(),
  filename: z.string().max(1_024).optional(),
  /** Of audio: somebody spoke it. */
  voice: z.boolean().optional(),
});
const Message = z.looseObject({
  id: z.string().min(1).max(256),
  from: z.string().regex(/^[0-9]{5,20}$/),
  type: z.string(),
  text: z.looseObject({ body: Text }).optional(),
  button: z.looseObject({ text: Text }).optional(),
  interactive: z
    .looseObject({
      button_reply: z.looseObject({ id: z.string().max(256).optional(), title: Text }).optional(),
      list_reply: z.looseObject({ title: Text }).optional(),
    })
    .optional(),
  image: Media.optional(),
  video: Media.optional(),
  document: Media.optional(),
  audio: Media.optional(),
});
const Value = z.looseObject({
  metadata: z.looseObject({ phone_number_id: z.string() }).optional(),
  contacts: z
    .array(z.looseObject({ wa_id: z.string(), profile: z.looseObject({ name: z.string() }).optional() }))
    .default([]),
  messages: z.array(z.unknown()).default([]),
});

/** The parts of a webhook call that count here (Cloud API, `messages`). */
export const Envelope = z.looseObject({
  object: z.literal('whatsapp_business_account'),
  entry: z.array(z.looseObject({ changes: z.array(z.looseObject({ value: Value })).default([]) })).max(1_000),
});
export type Envelope = z.infer<typeof Envelope>;

/** What a person said, and to which of our numbers. */
export type Words = {
  readonly number: string | undefined;
  readonly id: string;
  readonly from: string;
  readonly name: string | undefined;
  readonly text: string;
  readonly files: readonly IncomingFile[];
};

const textOf = ({ text, button, interactive, image, video, document }: z.infer<typeof Message>): string =>
  text?.body ??
  button?.text ??
  // What stands on a button is shorter than what it means.
  pressed(interactive?.button_reply?.id) ??
  interactive?.button_reply?.title ??
  interactive?.list_reply?.title ??
  image?.caption ??
  video?.caption ??
  document?.caption ??
  '';

function filesOf({ image, video, document, audio }: z.infer<typeof Message>): readonly IncomingFile[] {
  const media = image ?? video ?? document ?? audio;
  if (media === undefined) return [];
  const { id, filename, mime_type: mime, voice = false } = media;
  const type = mime?.split(';')[0]?.trim();
  const usual = `${image ? 'picture' : video ? 'video' : 'audio'}.${type?.split('/')[1] ?? 'bin'}`;
  return [{ name: filename ?? usual, type, handle: id, ...(voice ? { voice } : {}) }];
}

/** Everything with words or files in a call; receipts, reactions and the like are left out. */
export function wordsOf({ entry }: Envelope): readonly Words[] {
  return entry
    .flatMap(({ changes }) => changes.map(({ value }) => value))
    .flatMap(({ messages, contacts, metadata }) =>
      messages.flatMap((one) => {
        const message = Message.safeParse(one);
        if (!message.success) return [];
        const { id, from } = message.data;
        const text = textOf(message.data);
        const files = filesOf(message.data);
        if (text.trim() === '' && files.length === 0) return [];
        const name = contacts.find(({ wa_id: known }) => known === from)?.profile?.name;
        return [{ number: metadata?.phone_number_id, id, from, name, text, files }];
      }),
    );
}
