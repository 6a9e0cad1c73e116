import { type ActorAddress, keys } from '@queueclaw/contracts';
import { liveKeep, type Shards } from '@queueclaw/mailbox';
import type { Redis } from 'ioredis';
import { isAfter, liveEntry } from './live-entry.js';
import type { Following, LiveEntry } from './types.js';

type Listener = {
  cursor: string;
  ready: boolean;
  readonly held: LiveEntry[];
  readonly tell: (entry: LiveEntry) => void;
};
type Watched = { readonly redis: Redis; readonly listeners: Set<Listener>; linger?: NodeJS.Timeout };

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

  const catchUp = async (key: string, redis: Redis, listener: Listener): Promise<void> => {
    const missed = await redis.xrange(key, `(${listener.cursor}`, '+');
    for (const [id, [kind = '', json = '']] of missed) {
      const entry = liveEntry(id, kind, json);
      if (entry) offer(listener, entry);
    }
  };

  subscriber.on('message', (key: string, message: string) => {
    const one = watched.get(key);
    if (!one) return;
    const first = message.indexOf('\n');
    const second = message.indexOf('\n', first + 1);
    const entry = liveEntry(message.slice(0, first), message.slice(first + 1, second), message.slice(second + 1));
    if (!entry) return;
    for (const listener of one.listeners) {
      if (listener.ready) offer(listener, entry);
      else listener.held.push(entry);
    }
  });
  let connectedBefore = subscriber.status === 'ready';
  subscriber.on('ready', () => {
    if (connectedBefore)
      for (const [key, { redis, listeners }] of watched)
        for (const listener of listeners) if (listener.ready) void catchUp(key, redis, listener).catch(() => undefined);
    connectedBefore = true;
  });

  const watch = async (key: string, redis: Redis, listener: Listener): Promise<Watched> => {
    const known = watched.get(key);
    if (known) {
      clearTimeout(known.linger);
      known.listeners.add(listener);
      return known;
    }
    const fresh: Watched = { redis, listeners: new Set([listener]) };
    watched.set(key, fresh);
    await subscriber.subscribe(key);
    return fresh;
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
      const { tag, redis } = shards.of(address);
      const key = keys.live(tag, address);
      const listener: Listener = { cursor: cursor ?? '', ready: false, held: [], tell };
      const one = await watch(key, redis, listener);
      try {
        const start = await startOf(redis, key, cursor);
        listener.cursor = start.cursor;
        if (cursor !== undefined) await catchUp(key, redis, listener);
        for (const entry of listener.held.splice(0)) offer(listener, entry);
        listener.ready = true;
        return { ...start, stop: () => leave(key, one, listener) };
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

async function startOf(
  redis: Redis,
  key: string,
  cursor: string | undefined,
): Promise<{ cursor: string; gap: boolean }> {
  if (cursor === undefined) {
    const [last] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
    return { cursor: last?.[0] ?? '0-0', gap: false };
  }
  if (cursor === '0-0') return { cursor, gap: (await redis.xlen(key)) >= liveKeep };
  const [at] = await redis.xrange(key, cursor, '+', 'COUNT', 1);
  if (at !== undefined) return { cursor, gap: at[0] !== cursor };
  // Past everything there is, as after a loss of data: what comes now would count as old.
  const [last] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
  return { cursor: last?.[0] ?? '0-0', gap: true };
}
