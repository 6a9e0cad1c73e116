import type { Blobs } from '@queueclaw/blobs';
import type { Logger, Service } from '@queueclaw/runtime';

const firstMs = 300_000;
const everyMs = 3_600_000;

export type SweepBlobsOptions = {
  readonly blobs: Pick<Blobs, 'sweep'>;
  /** How long a blob lives after it was last referred to, milliseconds. */
  readonly retentionMs: () => number;
  readonly logger: Logger;
  /** Milliseconds until the first sweep and between two, for tests. */
  readonly times?: { readonly firstMs: number; readonly everyMs: number };
};

/** Removes attachments that nobody has referred to for the retention, once an hour. Every replica does; once would do. */
export function sweepBlobs({ blobs, retentionMs, logger, times }: SweepBlobsOptions): Service {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();

  const sweep = async (): Promise<void> => {
    try {
      const removed = await blobs.sweep(Date.now() - retentionMs());
      if (removed > 0) logger.info({ removed }, 'attachments that nobody used any more are gone');
    } catch (error) {
      logger.warn({ err: error }, 'attachments cannot be swept at the moment');
    }
    if (!stopped) later(times?.everyMs ?? everyMs);
  };
  const later = (ms: number): void => {
    timer = setTimeout(() => void (running = sweep()), ms);
    timer.unref();
  };

  return {
    name: 'sweep blobs',
    start: async () => later(times?.firstMs ?? firstMs),
    stop: async (graceMs) => {
      stopped = true;
      clearTimeout(timer);
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
    },
  };
}
