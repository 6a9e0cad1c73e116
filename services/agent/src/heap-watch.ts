import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

// Node's types leave out what an entry of a collection has besides times.
const isMajor = (entry: PerformanceEntry & { readonly detail?: { readonly kind?: number } }): boolean =>
  entry.detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;

/**
 * Tells after each full garbage collection what share of the most that V8's heap may grow to is in use. Only then: in
 * between, what is in use is mostly garbage.
 * @returns ends it
 */
export function watchHeap(tell: (share: number) => void): () => void {
  const observer = new PerformanceObserver((list) => {
    if (!list.getEntries().some((entry) => isMajor(entry))) return;
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    tell(used / limit);
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}
