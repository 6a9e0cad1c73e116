import { AppError } from '@queueclaw/contracts';
import { createDecipheriv } from 'node:crypto';
import type { FetchedFile, IncomingFile } from '../contract.js';
import { fetchBytes } from '../fetch-bytes.js';
import { Place } from './message.js';

/** WeCom fills up to a multiple of this. */
const blockBytes = 32;

const unreadable = (): AppError => new AppError('channel.rejected');

/** What was encrypted with AES-256-CBC, whose beginning is the key's, and filled up as PKCS#7 says (RFC 5652, 6.3). */
async function* opened(bytes: AsyncIterable<Uint8Array>, key: Buffer): AsyncGenerator<Uint8Array> {
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  let held = Buffer.alloc(0);
  for await (const piece of bytes) {
    held = Buffer.concat([held, decipher.update(piece)]);
    if (held.length <= blockBytes) continue;
    yield held.subarray(0, -blockBytes);
    held = held.subarray(-blockBytes);
  }
  try {
    held = Buffer.concat([held, decipher.final()]);
  } catch {
    throw unreadable();
  }
  const filler = held.at(-1) ?? 0;
  const end = held.length - filler;
  if (filler < 1 || filler > blockBytes || end < 0 || held.subarray(end).some((byte) => byte !== filler))
    throw unreadable();
  if (end > 0) yield held.subarray(0, end);
}

/**
 * What somebody sent, from where WeCom says that it lies, decrypted. WeCom says so, not the person; whoever sits on the way may not.
 * @param lineUrl its own host is trusted too, for a WeCom of one's own and for tests
 * @throws AppError `channel.failed`, `channel.rejected`
 */
export async function fetchFile(lineUrl: string, file: IncomingFile, signal: AbortSignal): Promise<FetchedFile> {
  const { url: place, aeskey } = Place.parse(JSON.parse(file.handle));
  const url = URL.parse(place);
  if (url === null || !(url.protocol === 'https:' || url.host === URL.parse(lineUrl)?.host)) throw unreadable();
  const bytes = await fetchBytes(url, {}, signal, file);
  if (aeskey === undefined) return bytes;
  const key = Buffer.from(aeskey, 'base64');
  if (key.length !== 32) throw unreadable();
  return Object.assign(opened(bytes, key), { fileName: bytes.fileName });
}
