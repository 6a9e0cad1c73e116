import type { Logger, Service } from '@queueclaw/runtime';

export type BackPressureOptions = {
  /** Conversations at once when there is memory for them, as configured now. */
  readonly most: () => number;
  /** How many are worked on now. */
  readonly running: () => number;
  /** How many may be worked on from now on; what runs goes on. */
  readonly allow: (conversations: number) => void;
  /** Tells what share of the heap is in use; see `watchHeap`. */
  readonly watch: (tell: (share: number) => void) => () => void;
  readonly logger: Pick<Logger, 'warn'>;
};

/** Above this share of the heap, conversations are left to other agents, or for later. */
const fullShare = 0.8;
const growEveryMs = 1_000;
const growth = 1.2;

/**
 * Lets an agent work on as many conversations as its memory bears: they wait for a model and cost little, but a few with
 * long transcripts cost much. When the heap is full it halves what it takes, at once; then it takes a fifth more every second.
 */
export function backPressure({ most, running, allow, watch, logger }: BackPressureOptions): Service {
  let allowed = most();
  let timer: NodeJS.Timeout | undefined;
  let unwatch: (() => void) | undefined;
  const set = (conversations: number): void => {
    allowed = Math.max(1, Math.min(most(), Math.floor(conversations)));
    allow(allowed);
  };
  const onHeap = (share: number): void => {
    if (share <= fullShare) return;
    set(Math.min(allowed, running()) / 2);
    logger.warn(
      { share: Number(share.toFixed(2)), conversations: allowed },
      'memory is short: fewer conversations at once',
    );
  };
  return {
    name: 'back-pressure',
    start: async () => {
      set(most());
      unwatch = watch(onHeap);
      timer = setInterval(() => set(allowed * growth + 1), growEveryMs);
    },
    stop: async () => {
      clearInterval(timer);
      unwatch?.();
    },
  };
}
