import { AppError } from '@queueclaw/contracts';

/** Work beside each other by its key. */
export type Lanes = {
  /**
   * Does work after all that was given before it under the same key. Where that failed, the work is not tried and fails like it,
   * so that what comes again comes in its order.
   * @throws AppError `system.unavailable` when too much waits, all lanes together or in this one
   */
  run(key: string, work: () => Promise<void>): Promise<void>;
  /** Resolves when nothing waits. */
  idle(): Promise<void>;
};

/**
 * Order within a key, and no waiting between keys.
 * @param most waits or is done at once, of all keys
 * @param mostOfOne of one key
 */
export function createLanes(most: number, mostOfOne: number = most): Lanes {
  const lanes = new Map<string, { count: number; tail: Promise<void> }>();
  let all = 0;
  return {
    run: (key, work) => {
      const lane = lanes.get(key) ?? { count: 0, tail: Promise.resolve() };
      if (all >= most || lane.count >= mostOfOne)
        return Promise.reject(new AppError('system.unavailable', { retryAfterMs: 1_000 }));
      all += 1;
      lane.count += 1;
      lanes.set(key, lane);
      const done = lane.tail.then(work).finally(() => {
        all -= 1;
        lane.count -= 1;
        if (lane.count === 0) lanes.delete(key);
      });
      lane.tail = done;
      return done;
    },
    idle: async () => {
      await Promise.allSettled([...lanes.values()].map(({ tail }) => tail));
    },
  };
}
