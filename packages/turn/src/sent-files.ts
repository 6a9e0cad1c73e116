import { type Attachment, attachmentsMax, type TranscriptEntry } from '@queueclaw/contracts';

/** The files that tools have sent in these entries: each once, in their order, at most 16. */
export function sentFiles(entries: readonly TranscriptEntry[]): readonly Attachment[] {
  const files = new Map<string, Attachment>();
  for (const entry of entries) {
    const { attachments = [] } = entry.role === 'tool' ? entry : {};
    for (const file of attachments) files.set(`${file.id}/${file.name}`, file);
  }
  return [...files.values()].slice(0, attachmentsMax);
}

/** The entry of a call, after these; refused when it sends more files than one answer can have. */
export function sendable(before: readonly TranscriptEntry[], entry: TranscriptEntry): TranscriptEntry {
  if (entry.role !== 'tool' || entry.attachments === undefined) return entry;
  const known = new Set(sentFiles([...before, entry]).map(({ id, name }) => `${id}/${name}`));
  if (entry.attachments.every(({ id, name }) => known.has(`${id}/${name}`))) return entry;
  const { attachments: _, ...rest } = entry;
  return {
    ...rest,
    ok: false,
    text: `Not sent: one answer takes ${attachmentsMax} files. Pack the others into an archive, or send them next time.`,
    code: 'tool.failed',
  };
}
