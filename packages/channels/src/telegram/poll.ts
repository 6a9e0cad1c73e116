import { setTimeout as pause } from 'node:timers/promises';
import { failureOf } from './failure.js';

type Update = { readonly update_id: number };

export type PollOptions = {
  /** Comes before the first question. */
  readonly begin: () => Promise<unknown>;
  /** Waits for updates from `offset` on. */
  readonly fetch: (offset: number, signal: AbortSignal) => Promise<readonly Update[]>;
  /** Makes one durable. Begun in their order, before the ones before are done. */
  readonly take: (update: Update) => Promise<void>;
  readonly trouble: (sentence: string | undefined) => void;
  readonly signal: AbortSignal;
};

const waitMsMax = 30_000;
const idleMs = 200;
/** How long one that takes its time keeps us from looking for others. */
const lookAgainMs = 400;

/**
 * Polls until the signal aborts; never rejects. Asking for the next offset confirms what came before it, so that goes no further
 * than the first update that is not taken: it and those behind it come again, and the ones that are known are left alone.
 */
export async function poll({ begin, fetch, take, trouble, signal }: PollOptions): Promise<void> {
  let failures = 0;
  let begun = false;
  const taking = takeBeside(take);
  while (!signal.aborted) {
    try {
      if (!begun) await begin();
      begun = true;
      const askedAt = performance.now();
      const updates = await fetch(taking.offset(), signal);
      taking.add(updates);
      await taking.settled(lookAgainMs, signal);
      failures = 0;
      trouble(undefined);
      // A server that does not hold the question is not asked without end.
      if (updates.length === 0 && performance.now() - askedAt < idleMs) await pause(idleMs, undefined, { signal });
    } catch (thrown) {
      if (signal.aborted) break;
      const { publicMessage, retryAfterMs } = failureOf(thrown);
      trouble(publicMessage);
      failures += 1;
      const waitMs = Math.min(retryAfterMs ?? 500 * 2 ** Math.min(failures, 6), waitMsMax);
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
  await taking.end();
}

type Taking = {
  /** The first update that is not taken. */
  offset(): number;
  add(updates: readonly Update[]): void;
  /** Resolves when all are taken, or after so many milliseconds. @throws what one could not be taken for */
  settled(ms: number, signal: AbortSignal): Promise<void>;
  end(): Promise<void>;
};

function takeBeside(take: PollOptions['take']): Taking {
  let next = 0;
  let broken: { readonly why: unknown } | undefined;
  /** What came from the first that is not taken on, by id, in order. */
  const known = new Map<number, 'taken' | 'failed' | Promise<void>>();
  const running = (): Promise<void>[] => [...known.values()].filter((state) => typeof state !== 'string');
  const begin = (update: Update): Promise<void> =>
    take(update).then(
      () => void known.set(update.update_id, 'taken'),
      (why: unknown) => {
        known.set(update.update_id, 'failed');
        broken ??= { why };
      },
    );
  return {
    offset: () => {
      for (const [id, state] of [...known].toSorted(([a], [b]) => a - b)) {
        if (state !== 'taken') return id;
        next = Math.max(next, id + 1);
        known.delete(id);
      }
      return next;
    },
    add: (updates) => {
      const here = new Set(updates.map(({ update_id: id }) => id));
      // What Telegram no longer brings is not waited for.
      for (const [id, state] of known) if (state === 'failed' && updates.length > 0 && !here.has(id)) known.delete(id);
      for (const update of updates) {
        const state = known.get(update.update_id);
        if (update.update_id < next || (state !== undefined && state !== 'failed')) continue;
        known.set(update.update_id, begin(update));
      }
    },
    settled: async (ms, signal) => {
      const done = new AbortController();
      const until = AbortSignal.any([signal, done.signal]);
      const all = Promise.all(running());
      await Promise.race([all, pause(ms, undefined, { signal: until }).catch(() => undefined)]);
      done.abort();
      if (broken === undefined) return;
      const { why } = broken;
      broken = undefined;
      throw why;
    },
    end: async () => {
      await Promise.all(running());
    },
  };
}
