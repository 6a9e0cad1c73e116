import type { ActorAddress, Reply } from '@queueclaw/contracts';
import { type DeliveryWaker, openDeliveryWaker, type Shards } from '@queueclaw/mailbox';
import { counter } from '@queueclaw/runtime';

const lostTotal = counter('queueclaw_deliveries_unannounced_total', 'Outboxes that the due-index had to announce', []);

export type ToReplies = {
  /** The replies are committed to the outbox; this says so on `replies`. A loss costs time only: `due` knows them too. */
  announce(address: ActorAddress, replies: readonly Reply[]): void;
  close(): Promise<void>;
};

/** Opens the `replies` queues. */
export function toReplies(shards: Shards): ToReplies {
  const waker: DeliveryWaker = openDeliveryWaker(shards);
  return {
    announce: (address, replies) => {
      const channel = replies[0]?.route.channel;
      if (channel !== undefined) void waker.announce(address, channel, 'reply').catch(() => lostTotal.inc());
    },
    close: () => waker.close(),
  };
}
