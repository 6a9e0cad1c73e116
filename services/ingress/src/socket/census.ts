import { AppError } from '@queueclaw/contracts';

/** Counts who has how many sockets. */
export type Census = {
  /**
   * Counts one more; the function that comes back counts it out again, once.
   * @throws AppError `sockets.too_many`
   */
  enter(name: string): () => void;
};

/** At most `most` sockets of each name. */
export function createCensus(most: number): Census {
  const counts = new Map<string, number>();
  return {
    enter: (name) => {
      const count = counts.get(name) ?? 0;
      if (count >= most) throw new AppError('sockets.too_many', { retryAfterMs: 5_000 });
      counts.set(name, count + 1);
      let inside = true;
      return () => {
        if (!inside) return;
        inside = false;
        const left = (counts.get(name) ?? 1) - 1;
        if (left > 0) counts.set(name, left);
        else counts.delete(name);
      };
    },
  };
}
