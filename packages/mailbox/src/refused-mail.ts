import { keys } from '@queueclaw/contracts';
import { counter } from '@queueclaw/runtime';
import type { Shard } from './shards.js';

const refusedTotal = counter('queueclaw_mail_refused_total', 'Mail dropped as forged or unreadable', ['kind']);

/** How much forged or unreadable mail left a mailbox, by kind. */
export type RefusedMail = { readonly person: number; readonly control: number };

/**
 * Counts mail that was refused and is gone: in this process's metrics, and in Redis for the console to show. What is lost
 * here is a count.
 */
export function countRefused({ redis, tag }: Shard, refused: RefusedMail): void {
  for (const kind of ['person', 'control'] as const) {
    const count = refused[kind];
    if (count <= 0) continue;
    refusedTotal.inc({ kind }, count);
    void redis.hincrby(keys.refused(tag), kind, count).catch(() => undefined);
  }
}
