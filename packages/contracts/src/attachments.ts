import { z } from 'zod';

/** Names an attachment by its content: the SHA-256 of its bytes. */
export const AttachmentId = z.string().regex(/^sha256-[0-9a-f]{64}$/, 'must be sha256- and 64 hexadecimal digits');

/** A media type without parameters (RFC 6838), in lower case. */
export const MediaType = z
  .string()
  .max(127)
  .regex(/^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/, 'must be a media type like image/png');

/** What a file is called when nobody says what its bytes are. */
export const unknownType = 'application/octet-stream';

/** Attachments of one message. */
export const attachmentsMax = 16;

const nameCharsMax = 255;

/** Characters of what was said in one voice note; more are cut. */
export const heardCharsMax = 32_768;

/** Why nobody knows what was said in a voice note. */
export const UnheardReason = z.enum(['long', 'large', 'gone', 'refused', 'away']);
export type UnheardReason = z.infer<typeof UnheardReason>;

/** What was said in a voice note; empty when nothing was. */
export const Heard = z.union([
  z.object({ text: z.string().max(heardCharsMax) }),
  // A reason that a newer process gives is one of ours all the same.
  z.object({ failed: UnheardReason.catch('away') }),
]);
export type Heard = z.infer<typeof Heard>;

/** A file that belongs to a message; its bytes are kept apart, see packages/blobs. The name is a person's: untrusted. */
export const Attachment = z.object({
  id: AttachmentId,
  name: z.string().min(1).max(nameCharsMax),
  type: z.string().max(127),
  /** Bytes. */
  size: z.number().int().nonnegative(),
});
export type Attachment = z.infer<typeof Attachment>;

export const Attachments = z.array(Attachment).max(attachmentsMax);

/** A file that a person sent. */
export const SentAttachment = Attachment.extend({
  /** They spoke it, to be listened to. */
  voice: z.literal(true).optional(),
});
export type SentAttachment = z.infer<typeof SentAttachment>;

/** A file that a person sent, as a transcript remembers it. */
export const KeptAttachment = SentAttachment.extend({
  /** Of a voice note that was listened to. */
  heard: Heard.optional(),
});
export type KeptAttachment = z.infer<typeof KeptAttachment>;

/**
 * How a client names an attachment that it has uploaded: the id is enough, and the whole object that the upload answered is
 * fine too. Its size is what was stored, whatever the client says.
 */
export const AttachmentRef = z.strictObject({
  id: AttachmentId,
  name: z.string().min(1).max(nameCharsMax).optional(),
  type: MediaType.optional(),
  size: z.number().int().nonnegative().optional(),
  /** It is a voice note: it is listened to before the model is asked, where that is configured. */
  voice: z.literal(true).optional(),
});
export type AttachmentRef = z.infer<typeof AttachmentRef>;

export const AttachmentRefs = z.array(AttachmentRef).max(attachmentsMax);

/** What was said in voice notes, one after another. */
export const wordsHeard = (attachments: readonly KeptAttachment[]): string =>
  attachments.flatMap(({ heard }) => (heard !== undefined && 'text' in heard ? [heard.text] : [])).join('\n');

const cut = (name: string, fits: (text: string) => boolean): string => {
  if (fits(name)) return name;
  const ending = /\.[^.]{1,16}$/u.exec(name)?.[0] ?? '';
  let stem = [...name.slice(0, name.length - ending.length)];
  while (stem.length > 0 && !fits(stem.join('') + ending)) stem = stem.slice(0, -1);
  return stem.join('') + ending;
};

/** A file's name as people may see it: one line without folders, 1 to 255 characters. */
export function attachmentName(given: string | undefined): string {
  const last = (given ?? '').toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const line = last.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return cut(line, (text) => text.length <= nameCharsMax) || 'attachment';
}

/** Where the ingress gives the bytes of an attachment to who may read the conversation. */
export const attachmentPath = ({ id, name }: Pick<Attachment, 'id' | 'name'>): string =>
  `/api/attachments/${id}?name=${encodeURIComponent(name.toWellFormed()).replaceAll(/[()]/g, (char) => (char === '(' ? '%28' : '%29'))}`;

/**
 * Where an attachment lies in its conversation's workspace. Two attachments never share a place; the name has neither
 * spaces nor anything that a shell reads, and at most 120 bytes.
 */
export function workspacePlace({ id, name }: Pick<Attachment, 'id' | 'name'>): string {
  const plain = attachmentName(name)
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._+-]+/gu, '_')
    .replace(/^[.-]+/, '_');
  const short = cut(plain, (text) => new TextEncoder().encode(text).length <= 110);
  return `attachments/${id.slice(7, 15)}-${short}`;
}
