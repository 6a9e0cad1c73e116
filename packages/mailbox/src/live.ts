import { type ActorAddress, keys } from '@queueclaw/contracts';
import { liveKeep } from './limits.js';
import { row, strings } from './reply-shapes.js';
import type { Shard } from './shards.js';

/** Part of a conversation's live stream. */
export type LivePage = {
  /** Where it starts: what comes later has a greater cursor. */
  readonly cursor: string;
  /** Something between the wanted cursor and the first entry may be gone. */
  readonly gap: boolean;
  /** `cursor \n kind \n event`, as they are published too. */
  readonly entries: readonly string[];
};

/**
 * Reads a live stream from behind a cursor on; without one only where it ends.
 * @throws AppError system.unavailable
 */
export async function readLive(shard: Shard, address: ActorAddress, cursor: string | undefined): Promise<LivePage> {
  const { tag } = shard;
  const records = keys.message(tag, address.tenant, '');
  const args = [cursor ?? '', liveKeep, records, address.conversation];
  const page = row(await shard.run('readLive', [keys.live(tag, address)], args));
  return { cursor: String(page[0]), gap: page[1] === 1, entries: strings(page[2]) };
}
