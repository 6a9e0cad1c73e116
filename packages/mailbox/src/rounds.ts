import { type ActorAddress, type DeliveryRound, jobId, streamChannels, type WakeReason } from '@queueclaw/contracts';
import { groupCommit, produce, type Producer, repliesQueue } from '@queueclaw/queues';
import type { Shards } from './shards.js';

export type DeliveryWaker = {
  /** Says that an outbox has something for this channel; resolves when a job on `replies` says so. */
  announce(address: ActorAddress, channel: string, why: WakeReason): Promise<void>;
  close(): Promise<void>;
};

type Announcement = { readonly address: ActorAddress; readonly channel: string; readonly why: WakeReason };

/**
 * Opens the `replies` queues for announcing outboxes. Outboxes of channels that only write to Redis travel together, as
 * many as gathered while the last job was added; an outbox for a platform has a job of its own, one at a time.
 */
export function openDeliveryWaker(shards: Shards): DeliveryWaker {
  const producers: readonly Producer<DeliveryRound>[] = shards.all.map((shard) =>
    produce(repliesQueue, shard.tag, shard.redis),
  );
  const adders = producers.map((producer) =>
    groupCommit<Announcement, void>(
      async (items) => {
        await Promise.all(
          rounds(items).map(({ round, oneAtATime }) => producer.add(round, oneAtATime ? { oneAtATime } : {})),
        );
        return items.map(() => undefined);
      },
      { sizeMax: 100 },
    ),
  );
  return {
    announce: async (address, channel, why) => adders[shards.of(address).index]?.({ address, channel, why }),
    close: async () => void (await Promise.all(producers.map((producer) => producer.close()))),
  };
}

function rounds(items: readonly Announcement[]): { round: DeliveryRound; oneAtATime?: string }[] {
  const at = Date.now();
  const streams = items.filter(({ channel }) => streamChannels.includes(channel));
  const platforms = items.filter(({ channel }) => !streamChannels.includes(channel));
  const first = streams[0];
  return [
    ...(first
      ? [
          {
            round: {
              v: 1 as const,
              channel: first.channel,
              outboxes: streams.map(({ address }) => pick(address)),
              why: first.why,
              at,
            },
          },
        ]
      : []),
    ...platforms.map(({ address, channel, why }) => ({
      round: { v: 1 as const, channel, outboxes: [pick(address)], why, at },
      oneAtATime: jobId('o', address.tenant, address.conversation),
    })),
  ];
}

const pick = ({ tenant, conversation }: ActorAddress): ActorAddress => ({ tenant, conversation });
