import { hash } from 'node:crypto';
import type { BlobContent, Blobs } from './contract.js';
import { storageError } from './storage-error.js';

async function bytesOf({ stream }: BlobContent, bytesMax: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > bytesMax) return undefined;
      pieces.push(piece);
    }
  } catch (error) {
    throw storageError(error);
  }
  return Buffer.concat(pieces);
}

/**
 * A whole blob in memory, checked against its name; undefined when there is none, when it has more than `bytesMax` bytes or
 * when what lies there is not what was put.
 */
export async function readBlob(
  blobs: Pick<Blobs, 'get'>,
  tenant: string,
  id: string,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const found = await blobs.get(tenant, id);
  if (found === undefined) return undefined;
  if (found.size > bytesMax) return void found.stream.destroy();
  const bytes = await bytesOf(found, bytesMax);
  return bytes !== undefined && `sha256-${hash('sha256', bytes)}` === id ? bytes : undefined;
}

/** The first bytes of a blob and its whole size; undefined when there is none. */
export async function readHead(
  blobs: Pick<Blobs, 'get'>,
  tenant: string,
  id: string,
  bytesMax: number,
): Promise<{ readonly head: Uint8Array; readonly size: number } | undefined> {
  const found = await blobs.get(tenant, id, { bytesMax });
  const head = found && (await bytesOf(found, bytesMax));
  return head && { head, size: found.size };
}
