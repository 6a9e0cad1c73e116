import { AppError, keys } from '@queueclaw/contracts';
import { z } from 'zod';
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

const Parts = z.array(z.string().max(64)).max(256);
const partsOf = (name: string): string => `${name}/parts`;

/** Keeps which parts an account is listened to in, for those who want to know who holds which. */
export async function writeParts(shards: Shards, name: string, parts: readonly string[]): Promise<void> {
  await channelNotes(shards, partsOf(name)).write(JSON.stringify(parts));
}

/** The parts that were written last; none when it is listened to as a whole. @throws what Redis says */
export async function readParts(shards: Shards, name: string): Promise<readonly string[]> {
  const text = await channelNotes(shards, partsOf(name)).read();
  try {
    return Parts.safeParse(JSON.parse(text ?? '[]')).data ?? [];
  } catch {
    return [];
  }
}
