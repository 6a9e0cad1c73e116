import { type Attachment, attachmentName, type ToolSpec, workspacePlace } from '@queueclaw/contracts';

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

/** What a model reads of attachments, one line each. Their names are people's: they cannot end the brackets. */
export function attachmentLines(attachments: readonly Attachment[], workspace: boolean): readonly string[] {
  return attachments.map((attachment) => {
    const name = attachmentName(attachment.name).replace(/[[\]]/g, '_');
    const place = workspace ? `; in the workspace as ${workspacePlace(attachment)}` : '';
    return `[attachment: ${name}, ${attachment.type.replace(/[^\w!#$&^.+/-]/g, '')}, ${sizeText(attachment.size)}${place}]`;
  });
}
