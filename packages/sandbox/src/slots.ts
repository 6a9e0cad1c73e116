/** Lets `size` pieces of work go on at once, the others in the order they came. */
export type Slots = {
  /** Resolves with the function that gives the slot back; rejects with the signal's reason when it aborts before. */
  take(signal: AbortSignal): Promise<() => void>;
};

export function createSlots(size: number): Slots {
  let free = size;
  const waiting = new Set<() => void>();

  const giveBack = (): void => {
    free += 1;
    const [next] = waiting;
    next?.();
  };
  const hold = (): (() => void) => {
    free -= 1;
    let held = true;
    return () => {
      if (held) giveBack();
      held = false;
    };
  };
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) return hold();
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          waiting.delete(go);
          signal.removeEventListener('abort', onAbort);
        };
        const go = (): void => {
          leave();
          resolve(hold());
        };
        const onAbort = (): void => {
          leave();
          reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
        };
        waiting.add(go);
        signal.addEventListener('abort', onAbort);
      });
    },
  };
}
