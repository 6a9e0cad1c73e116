import { AppError } from '@queueclaw/contracts';
import type { OutgoingFile } from './contract.js';

/** A file as a whole, for platforms that must know its length first. @throws AppError `channel.failed` when it is not all there */
export async function fileBytes({ size, open }: OutgoingFile): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.alloc(size);
  let at = 0;
  for await (const piece of open()) {
    if (at + piece.length > size) throw new AppError('channel.failed');
    bytes.set(piece, at);
    at += piece.length;
  }
  if (at < size) throw new AppError('channel.failed');
  return bytes;
}
