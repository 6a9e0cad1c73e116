import { keys } from '@queueclaw/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Shards } from './shards.js';

/** How long a holder that fell silent is believed, milliseconds: another one takes over after this. */
export const holderTtlMs = 9_000;
const renewEveryMs = 2_500;
/** Ends before the lease does in Redis: clocks tick alike, but an answer may have been under way for long. */
const trustMs = 7_000;
const troubleCharsMax = 300;

export type HolderOptions = {
  readonly shards: Shards;
  /** What is held, e.g. `telegram/main`. */
  readonly name: string;
  /** Unique; another try of the same process is another holder. */
  readonly token: string;
  /** For people: which process it is. */
  readonly who: string;
  /** For people: what is wrong with the work at the moment, no secrets. */
  readonly trouble?: () => string | undefined;
  /** How long to leave it to others before asking for it, milliseconds; asked again when it is over, as it may have grown. */
  readonly hesitateMs?: () => number;
  /** How often a holder renews and others try, milliseconds; for tests. */
  readonly everyMs?: number;
  readonly onError: (error: unknown) => void;
};

/** Work that only one process of the fleet does at a time. */
export type SingleHolder = {
  /** Ends the work, if it runs, and gives the lease up at once. */
  stop(): Promise<void>;
  readonly holds: boolean;
};

/**
 * Does `work` while this process holds the lease, again and again until `stop`. The signal aborts when the lease is lost or can
 * not be renewed in time, before anybody else gets it; the next holder begins after the work has ended here, unless this
 * process is frozen, which nothing here can help: what the work does must bear being done twice.
 */
export function holdAlone(options: HolderOptions, work: (signal: AbortSignal) => Promise<void>): SingleHolder {
  const { shards, name, token, who, trouble, hesitateMs, everyMs = renewEveryMs, onError } = options;
  const [shard] = shards.all;
  if (shard === undefined) throw new Error('no shard');
  const key = keys.holder(shard.tag, name);
  const stopping = new AbortController();
  let holds = false;

  const ask = async (): Promise<'ours' | 'theirs' | 'unknown'> => {
    try {
      const said = (trouble?.() ?? '').slice(0, troubleCharsMax);
      return (await shard.run('hold', [key], [token, holderTtlMs, who, said])) === 1 ? 'ours' : 'theirs';
    } catch (error) {
      onError(error);
      return 'unknown';
    }
  };
  const rest = (ms = everyMs): Promise<unknown> =>
    pause(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  const hesitate = async (): Promise<void> => {
    for (let waited = 0, ms = hesitateMs?.() ?? 0; ms > waited && !stopping.signal.aborted; ms = hesitateMs?.() ?? 0) {
      await rest(ms - waited);
      waited = ms;
    }
  };

  /** Renews until the lease is somebody else's, or cannot be known to be ours any more. */
  const keep = async (heldAt: number, ended: AbortSignal): Promise<void> => {
    let believedUntil = heldAt + trustMs;
    while (!ended.aborted && !stopping.signal.aborted) {
      await rest();
      const askedAt = performance.now();
      const tooLate = pause(Math.max(0, believedUntil - askedAt), 'unknown' as const, { ref: false });
      const answer = await Promise.race([ask(), tooLate]);
      if (answer === 'ours') believedUntil = askedAt + trustMs;
      else if (answer === 'theirs' || performance.now() >= believedUntil) return;
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await hesitate();
      if (stopping.signal.aborted) break;
      const askedAt = performance.now();
      if ((await ask()) === 'ours') {
        holds = true;
        const lost = new AbortController();
        const keeping = keep(askedAt, lost.signal).finally(() => lost.abort());
        await work(AbortSignal.any([lost.signal, stopping.signal])).catch(onError);
        holds = false;
        lost.abort();
        await keeping;
      }
      // Work that ended by itself is begun again after a while, here or elsewhere.
      await rest();
    }
    await shard.run('letGo', [key], [token]).catch(onError);
  };
  const running = run();
  return {
    get holds(): boolean {
      return holds;
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** Who holds something at the moment. */
export type HeldBy = {
  readonly who: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly trouble?: string;
};

const Held = z.object({ who: z.string(), since: z.coerce.number().catch(0), trouble: z.string().default('') });

/** Who holds each of these, in their order; undefined for what nobody holds. @throws what Redis says */
export async function readHolders(shards: Shards, names: readonly string[]): Promise<readonly (HeldBy | undefined)[]> {
  const [shard] = shards.all;
  if (shard === undefined) throw new Error('no shard');
  const all = await Promise.all(names.map((name) => shard.redis.hgetall(keys.holder(shard.tag, name))));
  return all.map((fields) => {
    const held = Held.safeParse(fields).data;
    if (held === undefined) return undefined;
    const { who, since, trouble } = held;
    return { who, since, ...(trouble === '' ? {} : { trouble }) };
  });
}
