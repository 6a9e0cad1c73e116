import { AppError } from '@queueclaw/contracts';

/** A small file fills a block: counted so, a quota bounds the number of files too. */
const leastBytes = 4_096;
/** How long a count holds; longer when counting takes long, so that it costs at most a twentieth of the time. */
const countedMs = 60_000;
const recountMs = 5_000;
const tenantsMax = 10_000;

type Count = { bytes: number; readonly at: number; readonly tookMs: number };

/** Counts what tenants keep. */
export type Quota = {
  /**
   * Takes room for a blob.
   * @throws AppError `attachment.quota` when there is not so much
   */
  take(tenant: string, bytes: number): Promise<void>;
};

/**
 * Holds every tenant to `bytesMax`. What other processes add in the meantime is seen at the next count, so that a tenant can
 * exceed its quota by what it uploads elsewhere within a minute.
 * @param sizes the size of every blob of a tenant
 */
export function createQuota(bytesMax: number, sizes: (tenant: string) => AsyncIterable<number>): Quota {
  const counts = new Map<string, Promise<Count>>();

  const count = async (tenant: string): Promise<Count> => {
    const startedAt = performance.now();
    let bytes = 0;
    for await (const size of sizes(tenant)) bytes += Math.max(size, leastBytes);
    return { bytes, at: performance.now(), tookMs: performance.now() - startedAt };
  };
  const recount = (tenant: string): Promise<Count> => {
    const [oldest] = counts.keys();
    if (counts.size >= tenantsMax && oldest !== undefined) counts.delete(oldest);
    const counting = count(tenant);
    counts.set(tenant, counting);
    counting.catch(() => counts.delete(tenant));
    return counting;
  };

  return {
    take: async (tenant, size) => {
      const cost = Math.max(size, leastBytes);
      let known = await (counts.get(tenant) ?? recount(tenant));
      const age = performance.now() - known.at;
      // The same bytes again were counted twice, and what was swept still counts: look before anything is refused.
      const staleMs = Math.max(known.bytes + cost > bytesMax ? recountMs : countedMs, 20 * known.tookMs);
      if (age > staleMs) known = await recount(tenant);
      if (known.bytes + cost > bytesMax) throw new AppError('attachment.quota');
      known.bytes += cost;
    },
  };
}
