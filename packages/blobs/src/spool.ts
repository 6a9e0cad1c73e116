import { AppError } from '@queueclaw/contracts';
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from './contract.js';
import { headBytes } from './media-type.js';
import { storageError } from './storage-error.js';

/** A stream that has arrived whole, as a file that nobody else knows. */
export type Spooled = {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  /** Its first bytes. */
  readonly head: Uint8Array;
};

/** Tells a disk's failure from the stream's. */
const disk = <T>(work: Promise<T>): Promise<T> => work.catch((error: unknown) => Promise.reject(storageError(error)));

const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Writes a stream to a new file in `folder` (0600, on disk when it resolves), hashing on the way and holding only one piece
 * at a time. Whatever goes wrong, the file is gone again.
 * @throws AppError `attachment.too_large` with the first byte beyond `bytesMax`, `system.unavailable` when the disk fails;
 * what the stream fails with
 */
export async function spool(folder: string, bytes: Bytes, bytesMax: number): Promise<Spooled> {
  await disk(mkdir(folder, { recursive: true, mode: 0o700 }));
  const path = join(folder, randomBytes(16).toString('hex'));
  const hash = createHash('sha256');
  let [size, head] = [0, Buffer.alloc(0)];
  const file = await disk(open(path, flags, 0o600));
  try {
    try {
      for await (const piece of bytes) {
        size += piece.length;
        if (size > bytesMax) throw new AppError('attachment.too_large');
        if (head.length < headBytes) head = Buffer.concat([head, piece.subarray(0, headBytes - head.length)]);
        hash.update(piece);
        for (let at = 0; at < piece.length;) at += (await disk(file.write(piece, at))).bytesWritten;
      }
      await disk(file.sync());
    } finally {
      await file.close();
    }
    return { path, sha256: hash.digest('hex'), size, head };
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  }
}

/** Removes files that no upload has written to since a moment: their processes have died. */
export async function sweepSpool(folder: string, before: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const known = await stat(path).catch(() => undefined);
    if (known !== undefined && known.mtimeMs < before) await unlink(path).catch(() => undefined);
  }
}
