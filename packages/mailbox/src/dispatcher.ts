import type { ActorAddress, ActorKind } from '@queueclaw/contracts';
import type { Service } from '@queueclaw/runtime';
import type { Mailbox } from './mailbox.js';

export type DispatcherOptions = {
  readonly mailbox: Mailbox;
  readonly kind: ActorKind;
  /** How often, milliseconds; every replica looks, each takes what the others have not. */
  readonly tickMs: number;
  readonly onDue: (addresses: readonly ActorAddress[]) => Promise<void>;
  readonly onError: (error: unknown) => void;
};

const batch = 200;

/**
 * The safety net and the clock: on a tick, wakes the actors that are due. What an ingest, a result or a commit announces
 * does not wait for it; what a crash swallowed does.
 */
export function createDispatcher(options: DispatcherOptions): Service {
  const { mailbox, kind, tickMs, onDue, onError } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  const look = async (): Promise<void> => {
    for (const shard of mailbox.shards.all) {
      let found: readonly ActorAddress[];
      do {
        found = await mailbox.dispatch(shard, kind, batch);
        if (found.length > 0) await onDue(found);
      } while (found.length === batch && !stopped);
    }
  };
  const tick = (): void => {
    running = look()
      .catch(onError)
      .then(() => {
        if (stopped) return;
        timer = setTimeout(tick, tickMs * (0.8 + 0.4 * Math.random()));
      });
  };

  return {
    name: `dispatcher of ${kind}`,
    start: async () => tick(),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
