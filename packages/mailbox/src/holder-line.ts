import { keys } from '@queueclaw/contracts';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Shards } from './shards.js';

const bytesMax = 262_144;
const askedAtOnceMax = 1_000;
/** While Redis is away nobody is heard either. */
const unsubscribeMs = 1_000;

const Asked = z.object({ id: z.uuid(), back: z.string().max(256), question: z.unknown() });
const Told = z.object({ id: z.uuid(), answer: z.unknown() });

/** How processes ask whoever holds a connection that only one may hold. */
export type HolderLine = {
  /**
   * Asks the holder of `name`, of which at most one answers. At most once: what was asked may have been done though no answer came.
   * @param question what JSON keeps, at most 256 KiB
   * @returns the answer; undefined when nobody holds it
   * @throws the signal's reason; what Redis says
   */
  ask(name: string, question: unknown, signal: AbortSignal): Promise<unknown>;
  /** Answers as the holder of `name` until the signal aborts; resolves once it does. `handle` must not reject. */
  serve(name: string, handle: (question: unknown) => Promise<unknown>, signal: AbortSignal): Promise<void>;
  close(): void;
};

/** @param connect makes a `subscriber` connection, which is made when it is needed first */
export function openHolderLine({ all }: Shards, connect: () => Redis): HolderLine {
  const [shard] = all;
  if (shard === undefined) throw new Error('no shard');
  const { redis, tag } = shard;
  const me = keys.holderLine(tag, randomUUID());
  const asked = new Map<string, (answer: unknown) => void>();
  const served = new Map<string, (question: unknown) => Promise<unknown>>();
  let subscriber: Redis | undefined;
  let hearing: Promise<unknown> | undefined;

  const say = async (channel: string, words: object): Promise<number> => {
    const text = JSON.stringify(words);
    if (Buffer.byteLength(text) > bytesMax) throw new RangeError('too long for another process');
    return redis.publish(channel, text);
  };
  const reply = async (handle: (question: unknown) => Promise<unknown>, text: string): Promise<void> => {
    const { id, back, question } = Asked.parse(JSON.parse(text));
    await say(back, { id, answer: await handle(question) });
  };
  const hear = (channel: string, text: string): void => {
    if (channel === me) {
      const told = Told.safeParse(parsed(text));
      if (told.success) asked.get(told.data.id)?.(told.data.answer);
      return;
    }
    const handle = served.get(channel);
    // Who asked and is not answered gives up by itself.
    if (handle !== undefined) void reply(handle, text).catch(() => undefined);
  };
  const subscribed = (): Redis => (subscriber ??= connect().on('message', hear));

  return {
    ask: async (name, question, signal) => {
      signal.throwIfAborted();
      if (asked.size >= askedAtOnceMax) throw new RangeError('too many questions at once');
      hearing ??= subscribed()
        .subscribe(me)
        .catch((error: unknown) => {
          hearing = undefined;
          throw error;
        });
      const id = randomUUID();
      const answer = Promise.withResolvers<unknown>();
      const onAbort = (): void => answer.reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      asked.set(id, answer.resolve);
      answer.promise.catch(() => undefined);
      try {
        await Promise.race([hearing, answer.promise]);
        // Nobody waits for it any more: it must not be done later.
        signal.throwIfAborted();
        const hearers = await say(keys.holderLine(tag, name), { id, back: me, question });
        return hearers === 0 ? undefined : await answer.promise;
      } finally {
        asked.delete(id);
        signal.removeEventListener('abort', onAbort);
      }
    },
    serve: async (name, handle, signal) => {
      const channel = keys.holderLine(tag, name);
      const ended = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => ended.resolve(), { once: true });
      if (signal.aborted) return;
      served.set(channel, handle);
      try {
        await Promise.race([subscribed().subscribe(channel), ended.promise]);
        await ended.promise;
      } finally {
        served.delete(channel);
        await Promise.race([subscribed().unsubscribe(channel), pause(unsubscribeMs)]).catch(() => undefined);
      }
    },
    close: () => subscriber?.disconnect(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
