import { AppError } from '@queueclaw/contracts';

/**
 * The body of an address that a platform gave us, without following it elsewhere. The address may carry a token: it is in no error.
 * @throws AppError `channel.failed` (5xx, 429, no connection), `channel.rejected` (everything else that is no 200)
 */
export async function fetchBytes(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const answer = await fetch(url, { headers, signal, redirect: 'error' }).catch(() => undefined);
  if (answer === undefined) throw new AppError('channel.failed');
  if (answer.status === 200 && answer.body !== null) return answer.body;
  await answer.body?.cancel().catch(() => undefined);
  throw new AppError(answer.status >= 500 || answer.status === 429 ? 'channel.failed' : 'channel.rejected');
}
