import { type ActorAddress, keys } from '@queueclaw/contracts';
import type { Shards } from './shards.js';

/**
 * Whether a conversation may have this message: `perMinute` at most, and ten times as many in an hour, so that two bots do not
 * keep each other going. A message that comes again counts once.
 */
export async function withinPace(
  shards: Shards,
  address: ActorAddress,
  id: string,
  perMinute: number,
): Promise<boolean> {
  const { tag, run } = shards.of(address);
  return (await run('keepPace', [keys.pace(tag, address)], [id, perMinute, 10 * perMinute])) === 1;
}
