import { type Mail, personIn, type TranscriptEntry } from '@queueclaw/contracts';

/** A person as a channel names them. */
export type OfChannel = { readonly channel: string; readonly id: string };

/** The person wrote it, or asked for it. The same id on another channel is somebody else. */
export function isTheirMail({ from, route }: Pick<Mail, 'from' | 'route'>, { channel, id }: OfChannel): boolean {
  return from.id === id && personIn(route.channel, id) === personIn(channel, id);
}

/** The person said it. Where the entry does not say on which channel, the id alone decides. */
export function isTheirEntry(
  entry: TranscriptEntry,
  { channel, id }: OfChannel,
): entry is Extract<TranscriptEntry, { role: 'user' }> {
  if (entry.role !== 'user' || entry.from?.id !== id) return false;
  return entry.channel === undefined || personIn(entry.channel, id) === personIn(channel, id);
}
