import type { Blobs } from '@queueclaw/blobs';
import type { Connection, Incoming, IncomingFile } from '@queueclaw/channels';
import { AppError, attachmentName, type AttachmentRef } from '@queueclaw/contracts';
import { parseCommand } from '@queueclaw/conversations';
import type { Slots } from '@queueclaw/runtime';

export type TakeFiles = {
  readonly tenant: string;
  readonly blobs: Blobs | undefined;
  readonly fetch: Connection['fetch'];
  /** Voice notes are listened to; otherwise they are not taken. */
  readonly hears: boolean;
  /** For one download each. */
  readonly slots: Slots;
  readonly signal: AbortSignal;
  /** The longest time for all files of one message, milliseconds. */
  readonly msMax: number;
};

const filesMax = 16;

const sizeOf = (bytes: number): string =>
  bytes < 1_048_576 ? `${Math.floor(bytes / 1_024)} KiB` : `${Math.floor(bytes / 1_048_576)} MiB`;

/**
 * Stores what came with a message, which then names it, before the message is accepted. What cannot be read is named in the text
 * for the model, with why; a command needs no files. The first redelivery that is accepted counts, whatever it could read.
 * @throws AppError `attachment.unreadable`, `attachment.voice` when nothing of the message is left; `system.unavailable`
 */
export async function takeFiles(incoming: Incoming, options: TakeFiles): Promise<Incoming> {
  const { files = [], mail } = incoming;
  if (files.length === 0 || parseCommand(mail.text) !== undefined) return incoming;
  const until = AbortSignal.any([options.signal, AbortSignal.timeout(options.msMax)]);
  const attachments: AttachmentRef[] = [];
  const notes: string[] = [];
  for (const file of files.slice(0, filesMax)) {
    const taken = await take(file, options, until);
    if (typeof taken === 'string') notes.push(`[${nameOf(file)} was sent along and could not be read: ${taken}.]`);
    else attachments.push(taken);
  }
  if (files.length > filesMax) notes.push(`[${files.length - filesMax} more files were sent along and not read.]`);
  if (mail.text.trim() === '' && attachments.length === 0)
    throw new AppError(
      !options.hears && files.every(({ voice }) => voice === true) ? 'attachment.voice' : 'attachment.unreadable',
    );
  const text = [mail.text, ...notes].filter((part) => part !== '').join('\n');
  return { ...incoming, mail: { ...mail, text, ...(attachments.length === 0 ? {} : { attachments }) } };
}

const nameOf = ({ name, voice }: IncomingFile): string =>
  voice === true ? 'A voice note' : `The file ${JSON.stringify(attachmentName(name ?? 'file'))}`;

/** The stored file, or why there is none. */
async function take(
  file: IncomingFile,
  { tenant, blobs, fetch, hears, slots, signal }: TakeFiles,
  until: AbortSignal,
): Promise<AttachmentRef | string> {
  if (file.voice === true && !hears) return 'nothing here can listen to it';
  if (blobs === undefined || fetch === undefined) return 'files of this app are not read';
  if (file.size !== undefined && file.size > blobs.bytesMax) return `it is larger than ${sizeOf(blobs.bytesMax)}`;
  try {
    const { id, name } = await slots(until, async () => {
      const bytes = await fetch(file, until);
      const called = file.name ?? bytes.fileName;
      const stored = await blobs.put(tenant, bytes, { name: called, type: file.type });
      return { ...stored, name: called };
    });
    return {
      id,
      ...(name === undefined ? {} : { name: attachmentName(name) }),
      ...(file.type ? { type: file.type } : {}),
      ...(file.voice === true ? { voice: true } : {}),
    };
  } catch (thrown) {
    // We are stopping: whoever comes next reads it.
    if (signal.aborted) throw new AppError('system.unavailable');
    if (until.aborted) return 'it did not arrive in time';
    if (!(thrown instanceof AppError)) return 'it broke off';
    if (thrown.code === 'attachment.too_large') return `it is larger than ${sizeOf(blobs.bytesMax)}`;
    if (thrown.code === 'attachment.quota') return 'there is no room for it';
    // Ours: the platform brings the message again.
    if (thrown.code.startsWith('system.')) throw thrown;
    return 'the platform did not give it out';
  }
}
