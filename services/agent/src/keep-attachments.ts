import type { Blobs } from '@queueclaw/blobs';
import type { Attachment } from '@queueclaw/contracts';
import { LRUCache } from 'lru-cache';

/** Attachments live for days: a reference counts once an hour. */
const seen = { max: 20_000, ttl: 3_600_000 };

export type KeepAttachments = (tenant: string, attachments: readonly Attachment[]) => Promise<void>;

/** Renews the life of what a conversation still shows to its model and its tools. Never rejects: the next step tries again. */
export function attachmentKeeper(blobs: Pick<Blobs, 'touch'>): KeepAttachments {
  const known = new LRUCache<string, true>(seen);
  return async (tenant, attachments) => {
    for (const { id } of attachments) {
      const key = `${tenant}/${id}`;
      if (known.has(key)) continue;
      known.set(key, true);
      try {
        await blobs.touch(tenant, id);
      } catch {
        known.delete(key);
        return;
      }
    }
  };
}
