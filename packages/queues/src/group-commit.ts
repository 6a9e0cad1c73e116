type Waiting<I, O> = {
  readonly item: I;
  readonly resolve: (value: O) => void;
  readonly reject: (error: unknown) => void;
};

export type GroupCommitOptions = {
  /** Most items in one batch. */
  readonly sizeMax?: number;
  /** When so many items wait, a second batch goes out beside the one that is under way. Absent: one at a time. */
  readonly besideFrom?: number;
};

/**
 * Batches calls without a timer: the first call flushes at once; what arrives while that flush is under way goes together
 * in the next. Latency when idle is that of one call, throughput under load that of a batch. Batches are begun in order; with
 * `besideFrom` the server works on one while the next is made.
 * @param flush does a batch and returns one result per item, in order; when it rejects, every item of the batch does
 */
export function groupCommit<I, O>(
  flush: (items: readonly I[]) => Promise<readonly O[]>,
  { sizeMax = 256, besideFrom = Number.POSITIVE_INFINITY }: GroupCommitOptions = {},
): (item: I) => Promise<O> {
  let waiting: Waiting<I, O>[] = [];
  let underWay = 0;

  const next = (): void => {
    while (waiting.length > 0 && (underWay === 0 || (underWay === 1 && waiting.length >= besideFrom))) {
      const batch = waiting.slice(0, sizeMax);
      waiting = waiting.slice(sizeMax);
      void run(batch);
    }
  };
  const run = async (batch: readonly Waiting<I, O>[]): Promise<void> => {
    underWay += 1;
    try {
      const results = await flush(batch.map(({ item }) => item));
      batch.forEach((one, at) => one.resolve(results[at] as O));
    } catch (error) {
      for (const one of batch) one.reject(error);
    }
    underWay -= 1;
    next();
  };

  return (item) =>
    new Promise<O>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      next();
    });
}
