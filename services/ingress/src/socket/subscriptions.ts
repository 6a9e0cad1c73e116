import { AppError, type ServerFrame } from '@queueclaw/contracts';
import type { FromLive } from '../from-live.js';

const subscriptionsMax = 200;

/** The conversations that one socket follows. */
export type Subscriptions = {
  /** Follows from `cursor`, or from now on; in place of what was followed of this conversation before. */
  restart(conversation: string, cursor: string | undefined): Promise<void>;
  /** Follows from now on unless it does already. */
  ensure(conversation: string): Promise<void>;
  /** Ends all, and what is just being opened. */
  stop(): void;
};

/** No conversation followed yet. */
export function openSubscriptions(
  fromLive: FromLive,
  tenant: string,
  send: (frame: ServerFrame) => void,
): Subscriptions {
  const stops = new Map<string, () => void>();
  let stopped = false;

  const restart = async (conversation: string, cursor: string | undefined): Promise<void> => {
    if (!stops.has(conversation) && stops.size >= subscriptionsMax)
      throw new AppError('request.invalid', {
        publicMessage: `A socket follows at most ${subscriptionsMax} conversations.`,
      });
    stops.get(conversation)?.();
    const stop = await fromLive({ tenant, conversation }, cursor, send);
    if (stopped) return stop();
    stops.set(conversation, stop);
  };

  return {
    restart,
    ensure: async (conversation) => (stops.has(conversation) ? undefined : restart(conversation, undefined)),
    stop: () => {
      stopped = true;
      for (const stop of stops.values()) stop();
      stops.clear();
    },
  };
}
