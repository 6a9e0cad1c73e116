import { type Attachment, attachmentPath } from '@queueclaw/contracts';
import { tell } from '../phrases/index.js';

/** A file of an answer, for a terminal: what it is and where the server gives it, to who has its token. */
export function fileLine({ id, name, type, size }: Attachment, base?: URL): string {
  const path = attachmentPath({ id, name });
  return tell('file', { name, type, size, address: base === undefined ? path : new URL(path, base).href });
}
