/**
 * Does work when there is a place for it, in the order in which it came; at most `most` at once.
 * @throws what the work throws; the signal's reason when it aborts before there is a place
 */
export type Slots = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

export function createSlots(most: number): Slots {
  const waiting = new Set<() => void>();
  let free = most;
  const take = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (free > 0) return void (free -= 1);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => {
      waiting.delete(resolve);
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    waiting.add(resolve);
    signal.addEventListener('abort', giveUp, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', giveUp));
  };
  const give = (): void => {
    const [next] = waiting;
    if (next === undefined) return void (free += 1);
    waiting.delete(next);
    next();
  };
  return async (signal, work) => {
    await take(signal);
    try {
      return await work();
    } finally {
      give();
    }
  };
}
