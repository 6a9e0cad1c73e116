import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 15;

/**
 * Waits for the world to become true: repeats `check` until it neither throws nor rejects and returns its value. After
 * `timeoutMs` (5,000 by default) it throws the last error. The only waiting tests may do besides events.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 5_000 }: { timeoutMs?: number } = {},
): Promise<Awaited<T>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown = new Error(`nothing within ${timeoutMs} ms: the check itself never ended`);
  for (;;) {
    const timer = new AbortController();
    const leftMs = Math.max(0, deadline - performance.now());
    const late = pause(leftMs, undefined, { signal: timer.signal }).then(
      () => Promise.reject(last),
      () => Promise.reject(last),
    );
    late.catch(() => undefined);
    try {
      return await Promise.race([Promise.resolve().then(check), late]);
    } catch (error) {
      last = error;
    } finally {
      timer.abort();
    }
    if (performance.now() + pollMs > deadline) throw last;
    await pause(pollMs);
  }
}
