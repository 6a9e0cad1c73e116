import {
  type KeptAttachment,
  attachmentName,
  type ToolSpec,
  type UnheardReason,
  workspacePlace,
} from '@queueclaw/contracts';

const opensFiles: ReadonlySet<string> = new Set(['shell', 'read_file', 'list_files', 'search_files']);

/** True when one of these tools works in the conversation's folder, where its attachments lie. */
export function hasWorkspace(tools: readonly Pick<ToolSpec, 'name'>[]): boolean {
  return tools.some(({ name }) => opensFiles.has(name));
}

function sizeText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} bytes`;
  const kib = bytes / 1_024;
  return kib < 1_024 ? `${Math.round(kib)} KiB` : `${(kib / 1_024).toFixed(1)} MiB`;
}

const unheard: Readonly<Record<UnheardReason, string>> = {
  long: 'it is too long',
  large: 'it is too large',
  gone: 'it is no longer kept',
  refused: 'its format is not understood',
  away: 'the service for that cannot be reached',
};

function voiceLine({ heard }: KeptAttachment, place: string): string {
  if (heard === undefined) return `[voice note, which nothing here can listen to${place}]`;
  if ('failed' in heard) return `[voice note that could not be listened to: ${unheard[heard.failed]}${place}]`;
  return heard.text === ''
    ? `[voice note in which nothing is said${place}]`
    : `[voice note, transcribed${place}] ${heard.text.toWellFormed()}`;
}

/**
 * What a model reads of attachments, one line each, and what was said in voice notes. Their names are people's: they cannot end
 * the brackets.
 */
export function attachmentLines(attachments: readonly KeptAttachment[], workspace: boolean): readonly string[] {
  return attachments.map((attachment) => {
    const name = attachmentName(attachment.name).replace(/[[\]]/g, '_');
    const place = workspace ? `; in the workspace as ${workspacePlace(attachment)}` : '';
    if (attachment.voice === true) return voiceLine(attachment, place);
    return `[attachment: ${name}, ${attachment.type.replace(/[^\w!#$&^.+/-]/g, '')}, ${sizeText(attachment.size)}${place}]`;
  });
}
