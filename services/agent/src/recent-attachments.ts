import { type Attachment, attachmentsMax, type TranscriptEntry } from '@queueclaw/contracts';

/** What was said in it is no tool's business. */
const fileOf = ({ id, name, type, size }: Attachment): Attachment => ({ id, name, type, size });

/** The newest attachments among entries, oldest first, each once: what a tool finds in the workspace. */
export function recentAttachments(entries: readonly TranscriptEntry[]): readonly Attachment[] {
  const newest = new Map<string, Attachment>();
  for (const entry of entries.toReversed()) {
    if (entry.role !== 'user') continue;
    for (const attachment of (entry.attachments ?? []).toReversed())
      if (newest.size < attachmentsMax) newest.set(attachment.id + attachment.name, fileOf(attachment));
  }
  return [...newest.values()].toReversed();
}
