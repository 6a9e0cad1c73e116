import { AppError, keys } from '@queueclaw/contracts';
import type { Shards } from './shards.js';

const bytesMax = 65_536;
/** Longer than any platform keeps a session. */
const keptMs = 7 * 86_400_000;

/** A short text that outlives whoever listens to a channel's account; kept for a week after it was written. */
export function channelNotes(
  shards: Shards,
  name: string,
): { read(): Promise<string | undefined>; write(text: string): Promise<void> } {
  const [shard] = shards.all;
  if (shard === undefined) throw new Error('no shard');
  const key = keys.channelNotes(shard.tag, name);
  return {
    read: async () => (await shard.redis.get(key)) ?? undefined,
    write: async (text) => {
      if (Buffer.byteLength(text) > bytesMax) throw new AppError('system.internal');
      await shard.redis.set(key, text, 'PX', keptMs);
    },
  };
}
