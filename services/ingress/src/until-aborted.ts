import { AppError } from '@queueclaw/contracts';

/** Why a send that takes too long is broken off. */
export const overdue: Error = new Error('it took too long');

/** The work's outcome, or `channel.failed` as soon as the signal aborts, whether the work listens to it or not. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(new AppError('channel.failed', { cause: signal.reason }));
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}
