import { type Blobs, headBytes, mediaTypeOf, readHead } from '@queueclaw/blobs';
import { AppError, attachmentName, type AttachmentRef, type SentAttachment } from '@queueclaw/contracts';

/**
 * What clients named, as it is stored: the size is the blob's, the type of a picture what its bytes say. Their life starts anew.
 * @throws AppError `attachment.not_found`, `system.unavailable`
 */
export async function resolveAttachments(
  blobs: Blobs,
  tenant: string,
  refs: readonly AttachmentRef[],
): Promise<SentAttachment[]> {
  return Promise.all(
    refs.map(async ({ id, name, type: claimed, voice }) => {
      const found = await readHead(blobs, tenant, id, headBytes);
      if (found === undefined || !(await blobs.touch(tenant, id))) throw new AppError('attachment.not_found');
      const type = mediaTypeOf(found.head, claimed);
      const usual = type.startsWith('image/') ? `picture.${type.slice('image/'.length)}` : undefined;
      const file = { id, name: attachmentName(name ?? usual), type, size: found.size };
      return voice === true ? { ...file, voice } : file;
    }),
  );
}
