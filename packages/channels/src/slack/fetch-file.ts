import { AppError } from '@queueclaw/contracts';
import type { IncomingFile } from '../contract.js';
import { fetchBytes } from '../fetch-bytes.js';
import type { SlackConfig } from './config.js';

/**
 * A file that somebody sent, from where Slack keeps files. The token goes there and nowhere else; it needs `files:read`.
 * @throws AppError `channel.rejected` for an address elsewhere, and where the token has no right to it
 */
export async function fetchFile(
  { bot_token: token, api_root: root }: SlackConfig,
  file: IncomingFile,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const url = URL.parse(file.handle);
  if (url === null || !(url.origin === 'https://files.slack.com' || url.origin === URL.parse(root)?.origin))
    throw new AppError('channel.rejected');
  return fetchBytes(url, { authorization: `Bearer ${token}` }, signal, file);
}
