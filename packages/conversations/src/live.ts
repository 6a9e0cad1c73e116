import { type ActorAddress, keys } from '@queueclaw/contracts';
import { readLive, type Shards } from '@queueclaw/mailbox';
import type { Redis } from 'ioredis';
import { isAfter, liveEntry } from './live-entry.js';
import type { Following, LiveEntry } from './types.js';

type Listener = {
  cursor: string;
  ready: boolean;
  readonly held: LiveEntry[];
  readonly tell: (entry: LiveEntry) => void;
};
type Watched = {
  readonly address: ActorAddress;
  /** Nothing is missed once it resolves. */
  readonly subscribed: Promise<unknown>;
  readonly listeners: Set<Listener>;
  linger?: NodeJS.Timeout;
};

/** How long a subscription outlives its last listener: a client that asks again at once costs nothing. */
const lingerMs = 10_000;

export type LiveReader = {
  follow(address: ActorAddress, cursor: string | undefined, tell: (entry: LiveEntry) => void): Promise<Following>;
  close(): void;
};

/**
 * Follows conversations' live streams: subscribes first, reads what is missing since the cursor, then passes on what is
 * published; after a lost connection it reads what was missed. Every listener sees each event once, in order.
 */
export function openLiveReader(shards: Shards, subscriber: Redis): LiveReader {
  const watched = new Map<string, Watched>();

  const offer = (listener: Listener, entry: LiveEntry): void => {
    if (!isAfter(entry.cursor, listener.cursor)) return;
    listener.cursor = entry.cursor;
    listener.tell(entry);
  };

  const offerAll = (listener: Listener, texts: readonly string[]): void => {
    for (const text of texts) {
      const entry = liveEntry(text);
      if (entry) offer(listener, entry);
    }
  };
  const catchUp = async (address: ActorAddress, listener: Listener): Promise<void> =>
    offerAll(listener, (await readLive(shards.of(address), address, listener.cursor)).entries);

  subscriber.on('message', (key: string, message: string) => {
    const one = watched.get(key);
    if (!one) return;
    const entry = liveEntry(message);
    if (!entry) return;
    for (const listener of one.listeners) {
      if (listener.ready) offer(listener, entry);
      else listener.held.push(entry);
    }
  });
  let connectedBefore = subscriber.status === 'ready';
  subscriber.on('ready', () => {
    if (connectedBefore)
      for (const { address, listeners } of watched.values())
        for (const listener of listeners) if (listener.ready) void catchUp(address, listener).catch(() => undefined);
    connectedBefore = true;
  });

  const watch = async (key: string, address: ActorAddress, listener: Listener): Promise<Watched> => {
    const known = watched.get(key);
    if (known) clearTimeout(known.linger);
    const one = known ?? { address, subscribed: subscriber.subscribe(key), listeners: new Set() };
    one.listeners.add(listener);
    watched.set(key, one);
    try {
      await one.subscribed;
    } catch (error) {
      if (watched.get(key) === one) watched.delete(key);
      throw error;
    }
    return one;
  };

  const leave = (key: string, one: Watched, listener: Listener): void => {
    if (!one.listeners.delete(listener) || one.listeners.size > 0) return;
    one.linger = setTimeout(() => {
      if (one.listeners.size > 0 || watched.get(key) !== one) return;
      watched.delete(key);
      void subscriber.unsubscribe(key).catch(() => undefined);
    }, lingerMs);
    one.linger.unref();
  };

  return {
    async follow(address, cursor, tell) {
      const shard = shards.of(address);
      const key = keys.live(shard.tag, address);
      const listener: Listener = { cursor: cursor ?? '', ready: false, held: [], tell };
      const one = await watch(key, address, listener);
      try {
        const start = await readLive(shard, address, cursor);
        listener.cursor = start.cursor;
        offerAll(listener, start.entries);
        for (const entry of listener.held.splice(0)) offer(listener, entry);
        listener.ready = true;
        return { cursor: start.cursor, gap: start.gap, stop: () => leave(key, one, listener) };
      } catch (error) {
        leave(key, one, listener);
        throw error;
      }
    },
    close: () => {
      for (const { linger } of watched.values()) clearTimeout(linger);
      watched.clear();
      subscriber.disconnect();
    },
  };
}
