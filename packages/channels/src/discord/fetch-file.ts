import { AppError } from '@queueclaw/contracts';
import type { IncomingFile } from '../contract.js';
import { fetchBytes } from '../fetch-bytes.js';

const hosts: ReadonlySet<string> = new Set(['https://cdn.discordapp.com', 'https://media.discordapp.net']);

/**
 * A file that somebody sent, from where Discord keeps files and from nowhere else: the address came with the message.
 * @param apiRoot its own origin is trusted too, for tests and proxies
 */
export async function fetchFile(
  apiRoot: string,
  file: IncomingFile,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const url = URL.parse(file.handle);
  if (url === null || !(hosts.has(url.origin) || url.origin === URL.parse(apiRoot)?.origin))
    throw new AppError('channel.rejected');
  return fetchBytes(url, {}, signal, file);
}
