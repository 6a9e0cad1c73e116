import { AppError } from '@queueclaw/contracts';
import type { FetchedFile, IncomingFile } from './contract.js';

/** The name that a header gives a file (RFC 6266), as far as it is readable. */
function nameIn(disposition: string | null): string | undefined {
  const [, encoded] = /filename\*\s*=\s*UTF-8''([^;\s]+)/i.exec(disposition ?? '') ?? [];
  const [, quoted, bare] = /filename\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(disposition ?? '') ?? [];
  try {
    return decodeURIComponent(encoded ?? quoted ?? bare ?? '') || undefined;
  } catch {
    return undefined;
  }
}

/** Whether a media type is a page's. */
export const isPage = (type: string | null | undefined): boolean => /^text\/html\b/i.test(type ?? '');

/**
 * The body of an address that a platform gave us, without following it elsewhere. The address may carry a token: it is in no error.
 * @param file what is to be there: a page instead of it asks to log in, or says what is wrong
 * @throws AppError `channel.failed` (5xx, 429, no connection), `channel.rejected` (everything else that is no 200, or a page)
 */
export async function fetchBytes(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  file: Pick<IncomingFile, 'name' | 'type'>,
): Promise<FetchedFile> {
  const answer = await fetch(url, { headers, signal, redirect: 'error' }).catch(() => undefined);
  if (answer === undefined) throw new AppError('channel.failed');
  const instead =
    isPage(answer.headers.get('content-type')) && !isPage(file.type) && !/\.html?$/i.test(file.name ?? '');
  if (answer.status === 200 && answer.body !== null && !instead)
    return Object.assign(answer.body, { fileName: nameIn(answer.headers.get('content-disposition')) });
  await answer.body?.cancel().catch(() => undefined);
  throw new AppError(answer.status >= 500 || answer.status === 429 ? 'channel.failed' : 'channel.rejected');
}
