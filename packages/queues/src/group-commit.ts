type Waiting<I, O> = {
  readonly item: I;
  readonly resolve: (value: O) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Batches calls without a timer: the first call flushes at once; what arrives while that flush is under way goes together
 * in the next. Latency when idle is that of one call, throughput under load that of a batch.
 * @param flush does a batch and returns one result per item, in order; when it rejects, every item of the batch does
 * @param sizeMax most items in one batch
 */
export function groupCommit<I, O>(
  flush: (items: readonly I[]) => Promise<readonly O[]>,
  sizeMax: number = 256,
): (item: I) => Promise<O> {
  let waiting: Waiting<I, O>[] = [];
  let running = false;

  const run = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, sizeMax);
      waiting = waiting.slice(sizeMax);
      try {
        const results = await flush(batch.map(({ item }) => item));
        batch.forEach((one, at) => one.resolve(results[at] as O));
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    running = false;
  };

  return (item) =>
    new Promise<O>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) void run();
    });
}
