import { type ActorAddress, keys, type TranscriptEntry } from '@queueclaw/contracts';
import { readEntries, type Shards } from '@queueclaw/mailbox';
import type { TranscriptPage } from './types.js';

const pageMax = 500;

/** One page of a transcript, the newest unless `before` says otherwise; undefined when the conversation does not exist. */
export async function readTranscript(
  shards: Shards,
  address: ActorAddress,
  page: { limit: number; before?: number },
): Promise<TranscriptPage | undefined> {
  const { tag, redis } = shards.of(address);
  const tr = keys.transcript(tag, address);
  const [trimmedText, journal] = await redis.hmget(keys.state(tag, 'messages', address), 'trimmed', 'journal');
  const length = await redis.llen(tr);
  if (length === 0 && journal == null && !(await isKnown(shards, address))) return undefined;
  const trimmed = Number(trimmedText ?? 0);
  const end = Math.max(0, Math.min(length, (page.before ?? Number.MAX_SAFE_INTEGER) - trimmed));
  const start = Math.max(0, end - Math.min(page.limit, pageMax));
  const lines = end > start ? await redis.lrange(tr, start, end - 1) : [];
  return { entries: readEntries(lines), ...(start > 0 ? { next: trimmed + start } : {}) };
}

/** Whether a conversation without entries is there: it has mail that waits, or was active and then reset. */
async function isKnown(shards: Shards, address: ActorAddress): Promise<boolean> {
  const { tag, redis } = shards.of(address);
  if ((await redis.llen(keys.mailbox(tag, 'messages', address))) > 0) return true;
  return (await redis.zscore(keys.conversations(tag, address.tenant), address.conversation)) != null;
}

/** The whole transcript, oldest first, a page at a time. */
export async function* exportTranscript(shards: Shards, address: ActorAddress): AsyncIterable<TranscriptEntry> {
  const { tag, redis } = shards.of(address);
  for (let at = 0; ; at += pageMax) {
    const lines = await redis.lrange(keys.transcript(tag, address), at, at + pageMax - 1);
    yield* readEntries(lines);
    if (lines.length < pageMax) return;
  }
}
