import type { Blobs } from '@queueclaw/blobs';
import { AppError, type Attachment, AttachmentId, type AttachmentRef, attachmentsMax } from '@queueclaw/contracts';
import { z } from 'zod';
import { resolveAttachments } from '../../attachments/resolve.js';

/** A file in a request: its bytes, or the name of one that was uploaded before. */
export type CompletionFile =
  | { readonly name: string | undefined; readonly type: string; readonly bytes: Buffer }
  | { readonly ref: AttachmentRef };

const ofRequest = 64;

/** The parts of a message's content, as OpenAI's clients write them. */
export const ContentPart = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  image_url: z.looseObject({ url: z.string() }).optional(),
  file: z
    .looseObject({
      file_data: z.string().optional(),
      filename: z.string().min(1).max(255).optional(),
      file_id: z.string().optional(),
    })
    .optional(),
});
export type ContentPart = z.infer<typeof ContentPart>;

const unsupported = (publicMessage: string): AppError => new AppError('request.unsupported', { publicMessage });
const invalid = (publicMessage: string): AppError => new AppError('request.invalid', { publicMessage });

/** RFC 2397, base64 only. Nothing is ever fetched: an address would make this server ask others on a stranger's behalf. */
function dataOf(url: string, name: string | undefined): CompletionFile {
  const [, type = '', data] = /^data:([^;,]*)(?:;[^;,=]*=[^;,]*)*;base64,([A-Za-z0-9+/]*={0,2})$/.exec(url) ?? [];
  if (data !== undefined) return { name, type, bytes: Buffer.from(data, 'base64') };
  if (url.startsWith('data:')) throw invalid('messages: a data: URL must be base64');
  throw unsupported('Pictures and files by address are not fetched: send a data: URL.');
}

/** The file of a part that is not text. @throws AppError `request.unsupported`, `request.invalid` */
export function fileOf({ type, image_url: image, file }: ContentPart): CompletionFile {
  if (type === 'image_url' && image !== undefined) return dataOf(image.url, undefined);
  if (type === 'file' && file?.file_data !== undefined) return dataOf(file.file_data, file.filename);
  if (type === 'file' && file?.file_id !== undefined) {
    const id = AttachmentId.safeParse(file.file_id);
    if (!id.success) throw invalid('messages: file_id must be the id of an attachment');
    return { ref: { id: id.data, ...(file.filename === undefined ? {} : { name: file.filename }) } };
  }
  throw unsupported(`Parts of type ${type.slice(0, 32)} are not supported.`);
}

/** @throws AppError `request.invalid` beyond 16 files of a message or 64 of a request */
export function checkCounts(messages: readonly { readonly files: readonly CompletionFile[] }[]): void {
  const counts = messages.map(({ files }) => files.length);
  if (Math.max(0, ...counts) > attachmentsMax) throw invalid(`messages: at most ${attachmentsMax} files in one`);
  if (counts.reduce((sum, count) => sum + count, 0) > ofRequest) throw invalid(`messages: at most ${ofRequest} files`);
}

/**
 * Stores the files of a message.
 * @throws AppError `attachment.not_found`, `attachment.too_large`, `attachment.quota`
 */
export async function storeFiles(
  blobs: Blobs,
  tenant: string,
  files: readonly CompletionFile[],
): Promise<readonly Attachment[]> {
  const stored: Attachment[] = [];
  for (const file of files) {
    if ('ref' in file) stored.push(...(await resolveAttachments(blobs, tenant, [file.ref])));
    else {
      const { id } = await blobs.put(tenant, [file.bytes], { ...file, bytes: file.bytes.length });
      // Read like any other reference, so that a picture without a name gets the usual one.
      const { name, type } = file;
      const ref = { id, type, ...(name === undefined ? {} : { name }) };
      stored.push(...(await resolveAttachments(blobs, tenant, [ref])));
    }
  }
  return stored;
}
