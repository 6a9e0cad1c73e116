import type { KeptAttachment, Heard, Journal, TranscriptEntry, UnheardReason } from '@queueclaw/contracts';

type Said = Extract<TranscriptEntry, { role: 'user' }>;

const voicesOf = (entry: TranscriptEntry): readonly KeptAttachment[] =>
  entry.role === 'user' ? (entry.attachments ?? []).filter(({ voice }) => voice === true) : [];

/** The first voice note of a turn that nobody has listened to; undefined when there is none. */
export function unheardVoice({ entries }: Pick<Journal, 'entries'>): KeptAttachment | undefined {
  return entries.flatMap(voicesOf).find(({ heard }) => heard === undefined);
}

/** The journal with what was said in a voice note, wherever it was sent. */
export function withHeard(journal: Journal, { id }: KeptAttachment, heard: Heard): Journal {
  const listened = (one: KeptAttachment): KeptAttachment =>
    one.id === id && one.voice === true ? { ...one, heard } : one;
  const entries = journal.entries.map((entry): TranscriptEntry =>
    entry.role === 'user' && entry.attachments !== undefined
      ? { ...entry, attachments: entry.attachments.map(listened) }
      : entry,
  );
  return { ...journal, entries };
}

/** Why voice notes of these entries could not be listened to, each reason once. */
export function unheardReasons(entries: readonly TranscriptEntry[]): readonly UnheardReason[] {
  return [
    ...new Set(
      entries
        .flatMap(voicesOf)
        .flatMap(({ heard }) => (heard !== undefined && 'failed' in heard ? [heard.failed] : [])),
    ),
  ];
}

/** Whether people said nothing in a turn but what could not be listened to. */
export function saysNothing({ entries, step }: Journal): boolean {
  const said = entries.filter((entry): entry is Said => entry.role === 'user');
  const failed = ({ voice, heard }: KeptAttachment): boolean =>
    voice === true && heard !== undefined && 'failed' in heard;
  return (
    step === 0 &&
    said.length > 0 &&
    said.every(
      ({ text, attachments = [] }) => text.trim() === '' && attachments.length > 0 && attachments.every(failed),
    )
  );
}
