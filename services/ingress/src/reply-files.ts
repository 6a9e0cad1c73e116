import type { Blobs } from '@queueclaw/blobs';
import type { Channel, ChannelCode, Outgoing, OutgoingFile } from '@queueclaw/channels';
import { type Attachment, attachmentName, type Language, type PhraseKey, type Reply, say } from '@queueclaw/contracts';

export type ReplyFile = {
  /** The file as a message; a line that says why not, where the platform takes no such file. */
  readonly out: Outgoing;
  /** What is sent instead when the platform refuses this very file. */
  readonly instead: Outgoing;
};

type Sender = {
  readonly blobs: Pick<Blobs, 'get' | 'touch'>;
  readonly channel: Pick<Channel, 'capabilities'>;
  readonly code: Pick<ChannelCode<unknown>, 'render'>;
  readonly tenant: string;
};

/** Units that people read. */
function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A reply says nothing of its person's language, but its text is in it. */
const languageOf = ({ text }: Reply): Language => (/\p{Script=Han}/u.test(text) ? 'zh' : 'en');

/** One message for a file of a reply, whatever becomes of it: parts keep their numbers. @throws AppError `system.unavailable` */
export async function replyFile(
  { blobs, channel, code, tenant }: Sender,
  reply: Reply,
  { id, name: given, type, size }: Attachment,
): Promise<ReplyFile> {
  const { filesBytesMax: most, fileTypes } = channel.capabilities;
  const name = attachmentName(given);
  const line = (key: PhraseKey): Outgoing => {
    const language = languageOf(reply);
    const why = say(language, key, { most: sizeText(most ?? 0) });
    const text = say(language, 'file.unsendable', { name, size: sizeText(size), why });
    return code.render({ ...reply, text })[0] ?? { text };
  };
  const instead = line('file.refused');
  if (most === undefined) return { out: line('file.none'), instead };
  if (fileTypes !== undefined && !fileTypes.includes(type)) return { out: line('file.type'), instead };
  if (size > most) return { out: line('file.large'), instead };
  if (!(await blobs.touch(tenant, id))) return { out: line('file.gone'), instead };
  const file: OutgoingFile = { id, name, type, size, open: () => blobBytes(blobs, tenant, { id, size }) };
  return { out: { text: '', file }, instead };
}

/** The bytes of what is kept, as long as it is what it was. */
export async function* blobBytes(
  blobs: Pick<Blobs, 'get'>,
  tenant: string,
  { id, size }: Pick<OutgoingFile, 'id' | 'size'>,
): AsyncIterable<Uint8Array> {
  const found = await blobs.get(tenant, id);
  if (found?.size !== size) {
    found?.stream.destroy();
    throw new Error('the file is no longer as it was');
  }
  yield* found.stream as AsyncIterable<Buffer>;
}
