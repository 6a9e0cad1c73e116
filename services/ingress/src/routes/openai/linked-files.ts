import { type Attachment, attachmentPath } from '@queueclaw/contracts';

/** Names are a person's or a model's: none ends the brackets of a link. */
const label = (name: string): string => name.replaceAll(/[[\]\\`<>*_]/g, (char) => `\\${char}`);

/** The files of an answer as Markdown links behind its text, for clients whose answers have no files; '' without any. */
export function linkedFiles(attachments: readonly Attachment[] = []): string {
  const lines = attachments.map(({ id, name }) => `[${label(name)}](${attachmentPath({ id, name })})`);
  return lines.length === 0 ? '' : `\n\n${lines.join('\n')}`;
}
