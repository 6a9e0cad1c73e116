import { AppError } from '@queueclaw/contracts';

/** What a store fails with, as ours. What it says may name paths and buckets: it is kept as the cause. */
export function storageError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const publicMessage = 'Attachments cannot be stored or read at the moment.';
  return new AppError('system.unavailable', { publicMessage, cause: thrown });
}
