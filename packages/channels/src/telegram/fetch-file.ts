import { AppError } from '@queueclaw/contracts';
import type { Api } from 'grammy';
import type { IncomingFile } from '../contract.js';
import { fetchBytes } from '../fetch-bytes.js';
import { failureOf } from './failure.js';

/** A file that somebody sent, by its id; of at most 20 MB, which is all that the Bot API gives out. */
export async function fetchFile(
  api: Api,
  { token, root }: { readonly token: string; readonly root: string },
  file: IncomingFile,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const asked = signal as unknown as Parameters<Api['getFile']>[1];
  const { file_path: path } = await api
    .getFile(file.handle, asked)
    .catch((thrown: unknown) => Promise.reject(failureOf(thrown)));
  // It becomes a part of an address that carries the token.
  if (path === undefined || !/^[\w./-]{1,512}$/.test(path) || path.includes('..'))
    throw new AppError('channel.rejected');
  return fetchBytes(new URL(`${root}/file/bot${token}/${path}`), {}, signal, file);
}
