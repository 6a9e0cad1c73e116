import type { Blobs } from '@queueclaw/blobs';
import { AppError, type Attachment } from '@queueclaw/contracts';
import type { HeldFile } from '@queueclaw/sandbox';

export type KeepFile = (
  tenant: string,
  file: HeldFile,
  about: { readonly name: string; readonly type: string | undefined },
  signal: AbortSignal,
) => Promise<Attachment>;

/**
 * Copies a file of a workspace to the tenant's blobs. The same bytes again are the same blob, so a call that runs twice sends
 * one file; what no result names in the end is swept like every blob that nobody refers to.
 * @throws AppError `attachment.too_large`, `attachment.quota`, `system.unavailable`, `tool.cancelled`
 */
export function fileKeeper(blobs: Pick<Blobs, 'put'>): KeepFile {
  return (tenant, { size, bytes }, about, signal) =>
    blobs.put(tenant, untilAborted(bytes, signal), { ...about, bytes: size });
}

async function* untilAborted(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for await (const piece of bytes) {
    if (signal.aborted) throw new AppError('tool.cancelled');
    yield piece;
  }
}
