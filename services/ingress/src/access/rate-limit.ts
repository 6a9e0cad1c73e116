/** Limits how often each caller may call. */
export type RateLimit = {
  /** Counts a call; 0 when it may go ahead, else after how many milliseconds the next one may. */
  take(caller: string): number;
};

/**
 * Lets each caller make a minute's calls at once and then as many as the minute allows, evenly (GCRA). Each replica counts
 * for itself: a fleet of n allows n times as much.
 * @param perMinute calls per minute and caller; asked at every call
 * @param now milliseconds, monotonic
 */
export function rateLimit(perMinute: () => number, now: () => number = () => performance.now()): RateLimit {
  const paidUntil = new Map<string, number>();
  return {
    take: (caller) => {
      const at = now();
      const everyMs = 60_000 / perMinute();
      const aheadMs = everyMs * (perMinute() - 1);
      const paid = Math.max(paidUntil.get(caller) ?? 0, at);
      const waitMs = paid - at - aheadMs;
      if (waitMs > 0) return Math.ceil(waitMs);
      paidUntil.set(caller, paid + everyMs);
      return 0;
    },
  };
}
