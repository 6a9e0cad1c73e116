import { setTimeout as pause } from 'node:timers/promises';
import { failureOf } from './failure.js';

export type PollOptions = {
  /** Comes before the first question. */
  readonly begin: () => Promise<unknown>;
  /** Waits for updates from `offset` on. */
  readonly fetch: (offset: number, signal: AbortSignal) => Promise<readonly { update_id: number }[]>;
  /** Makes one durable. */
  readonly take: (update: { update_id: number }) => Promise<void>;
  readonly trouble: (sentence: string | undefined) => void;
  readonly signal: AbortSignal;
};

const waitMsMax = 30_000;
const idleMs = 200;

/**
 * Polls until the signal aborts; never rejects. Asking for the next offset confirms what came before it, so that is done only
 * after every update of a batch is taken: one that could not be is asked for again.
 */
export async function poll({ begin, fetch, take, trouble, signal }: PollOptions): Promise<void> {
  let offset = 0;
  let failures = 0;
  let begun = false;
  while (!signal.aborted) {
    try {
      if (!begun) await begin();
      begun = true;
      const askedAt = performance.now();
      const updates = await fetch(offset, signal);
      for (const update of updates) {
        await take(update);
        offset = Math.max(offset, update.update_id + 1);
      }
      failures = 0;
      trouble(undefined);
      // A server that does not hold the question is not asked without end.
      if (updates.length === 0 && performance.now() - askedAt < idleMs) await pause(idleMs, undefined, { signal });
    } catch (thrown) {
      if (signal.aborted) return;
      const { publicMessage, retryAfterMs } = failureOf(thrown);
      trouble(publicMessage);
      failures += 1;
      const waitMs = Math.min(retryAfterMs ?? 500 * 2 ** Math.min(failures, 6), waitMsMax);
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
