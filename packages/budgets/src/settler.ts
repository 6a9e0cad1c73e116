import { counter } from '@queueclaw/runtime';
import type { Reservation, Spent } from './budgets.js';

const lostTotal = counter(
  'queueclaw_budget_unsettled_total',
  'Reservations that Redis did not hear the end of: they stay counted in full',
  [],
);

/** Milliseconds between the tries: about a minute, all together. */
const pauses: readonly number[] = [0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000];
/** What waits in memory while Redis is away. */
const waitingMax = 10_000;
const closeMs = 2_000;

export type Settler = {
  settle(reservation: Reservation, spent: Spent): void;
  close(): Promise<void>;
};

/** Settles reservations without holding anybody up; what cannot be written is tried again, harmlessly often. */
export function openSettler(write: (reservation: Reservation, spent: Spent) => Promise<void>): Settler {
  const waiting = new Set<Promise<void>>();
  const closing = new AbortController();

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (closing.signal.aborted) return resolve();
      const timer = setTimeout(resolve, ms);
      closing.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
  const attempt = async (reservation: Reservation, spent: Spent): Promise<void> => {
    for (const ms of pauses) {
      if (ms > 0) await pause(ms);
      try {
        return await write(reservation, spent);
      } catch {
        // The next try says whether it was more than a moment.
      }
    }
    lostTotal.inc();
  };

  return {
    settle: (reservation, spent) => {
      if (waiting.size >= waitingMax) return lostTotal.inc();
      const done: Promise<void> = attempt(reservation, spent).finally(() => waiting.delete(done));
      waiting.add(done);
    },
    close: async () => {
      closing.abort();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeMs)));
      await Promise.race([Promise.all(waiting), late]);
      clearTimeout(timer);
    },
  };
}
