import { type ActorAddress, jobId, type Wake } from '@queueclaw/contracts';
import { messagesQueue, produce, type Producer } from '@queueclaw/queues';
import { counter } from '@queueclaw/runtime';
import type { Shards } from './shards.js';

export type WakeNote = Pick<Wake, 'why'> &
  Partial<Pick<Wake, 'channel' | 'mail'>> & {
    /** For a command: it does not wait until the conversation's worker is done. */
    readonly command?: boolean;
  };

export type Waker = {
  /** Puts a job on `messages`; resolves when it is there. */
  wake(address: ActorAddress, note: WakeNote): Promise<void>;
  /** The same without waiting: `due` already guarantees that somebody will look, a little later. */
  hint(address: ActorAddress, note: WakeNote): void;
  close(): Promise<void>;
};

const lostTotal = counter(
  'queueclaw_wakes_lost_total',
  'Wakes that could not be queued; the due-index makes up for them',
  [],
);

/**
 * Opens the `messages` queues for waking. While a conversation's wake waits, another does nothing; while it runs, one more
 * is kept for its end. A wake by the clock has an id of its own: it must not wait for a worker that is dead.
 */
export function openWaker(shards: Shards): Waker {
  const producers: readonly Producer<Wake>[] = shards.all.map((shard) =>
    produce(messagesQueue, shard.tag, shard.redis),
  );
  const wake = async (address: ActorAddress, { command = false, ...note }: WakeNote): Promise<void> => {
    const kind = command ? 'k' : note.why === 'due' ? 'due' : 'c';
    const oneAtATime = jobId(kind, address.tenant, address.conversation);
    await producers[shards.of(address).index]?.add({ v: 1, ...address, ...note, at: Date.now() }, { oneAtATime });
  };
  return {
    wake,
    hint: (address, note) => void wake(address, note).catch(() => lostTotal.inc()),
    close: async () => void (await Promise.all(producers.map((producer) => producer.close()))),
  };
}
