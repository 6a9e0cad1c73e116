import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** This process's metrics, served at /metrics of the health port. Names end in their unit. */
export const registry: Registry = new Registry();

/** A counter in this process's registry; asking again for the same name gives the same counter. */
export function counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
  const known = registry.getSingleMetric(name) as Counter<L> | undefined;
  return known ?? new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
}

/** A gauge in this process's registry. */
export function gauge<L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
  const known = registry.getSingleMetric(name) as Gauge<L> | undefined;
  return known ?? new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** A histogram of seconds in this process's registry. */
export function histogram<L extends string>(name: string, help: string, labelNames: readonly L[]): Histogram<L> {
  const known = registry.getSingleMetric(name) as Histogram<L> | undefined;
  return (
    known ?? new Histogram({ name, help, labelNames: [...labelNames], buckets: secondsBuckets, registers: [registry] })
  );
}

const refreshes = new Map<string, () => Promise<void>>();

/**
 * Has gauges set right before they are read at /metrics; one `refresh` for each name.
 * @param refresh says itself what is wrong; one that throws, or takes more than two seconds, is not waited for
 * @returns ends it
 */
export function beforeScrape(name: string, refresh: () => Promise<void>): () => void {
  refreshes.set(name, refresh);
  return () => void (refreshes.get(name) === refresh && refreshes.delete(name));
}

const patienceMs = 2_000;

/** All metrics of this process as Prometheus reads them. */
export async function scrape(): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([late, Promise.allSettled([...refreshes.values()].map((refresh) => refresh()))]);
  clearTimeout(timer);
  return registry.metrics();
}
