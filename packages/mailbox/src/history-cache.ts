import { type ActorAddress, actorMember, type TranscriptEntry } from '@queueclaw/contracts';

/** The tail of a transcript as of the end of a turn, and how often older entries had been changed (`<turn>.<changes>`). */
export type KnownHistory = { readonly version: string; readonly entries: readonly TranscriptEntry[] };

/**
 * What this process last knew of transcripts, so that a claim need not bring along what it brought a moment ago. Never the
 * truth: a claim says which version it knows, and Redis answers with the transcript unless that is still the last one.
 */
export type HistoryCache = {
  get(address: ActorAddress): KnownHistory | undefined;
  set(address: ActorAddress, history: KnownHistory): void;
  delete(address: ActorAddress): void;
};

type Kept = KnownHistory & { readonly chars: number; readonly at: number };

const charsMax = 16_000_000;
const lifeMs = 600_000;

/** A cache of about 16 million characters, least recently used out first, nothing older than ten minutes. */
export function createHistoryCache(now: () => number = Date.now): HistoryCache {
  const kept = new Map<string, Kept>();
  let chars = 0;
  const remove = (member: string): void => {
    chars -= kept.get(member)?.chars ?? 0;
    kept.delete(member);
  };
  return {
    get(address) {
      const member = actorMember(address);
      const known = kept.get(member);
      if (known === undefined) return undefined;
      if (now() - known.at <= lifeMs) return known;
      remove(member);
      return undefined;
    },
    set(address, { version, entries }) {
      const member = actorMember(address);
      remove(member);
      const size = entries.reduce((sum, entry) => sum + entry.text.length + 200, 0);
      if (size > charsMax / 8) return;
      kept.set(member, { version, entries, chars: size, at: now() });
      chars += size;
      for (const oldest of kept.keys()) {
        if (chars <= charsMax) break;
        remove(oldest);
      }
    },
    delete: (address) => remove(actorMember(address)),
  };
}
