import { keys, Memory } from '@queueclaw/contracts';
import { parseJson, redisError, type Shard, type Shards } from '@queueclaw/mailbox';

/** Whose memories: of a person (`personIn`) wherever they write, or of a conversation. */
export type MemoryOwner = { readonly tenant: string } & (
  | { readonly person: string }
  | { readonly conversation: string }
);

/** What is remembered. All calls may throw system.unavailable or system.full. */
export type Memories = {
  /** One that is there already stays as it is. `full`: the owner has as many as may be. */
  remember(owner: MemoryOwner, memory: Memory, most: number): Promise<'added' | 'there' | 'full'>;
  /** Of all these owners, oldest first; one command for those of one shard. It keeps them from expiring. */
  of(...owners: readonly MemoryOwner[]): Promise<readonly Memory[]>;
  /** False: it was not there. */
  drop(owner: MemoryOwner, id: string): Promise<boolean>;
  /** All of them. */
  clear(owner: MemoryOwner): Promise<void>;
};

const nameOf = (owner: MemoryOwner): string => ('person' in owner ? `p.${owner.person}` : `c.${owner.conversation}`);

/** @param retentionMs how long they are kept when nobody uses them; absent: reading them changes nothing, and nothing is added */
export function openMemories(shards: Shards, retentionMs = 0): Memories {
  const placeOf = (owner: MemoryOwner): { readonly shard: Shard; readonly key: string } => {
    const shard = shards.of({ conversation: 'person' in owner ? owner.person : owner.conversation });
    return { shard, key: keys.memories(shard.tag, owner.tenant, nameOf(owner)) };
  };
  return {
    remember: async (owner, memory, most) => {
      if (retentionMs === 0) throw new Error('these memories are only looked at');
      const { shard, key } = placeOf(owner);
      const args = [memory.id, JSON.stringify(memory), most, retentionMs];
      return (await shard.run('remember', [key], args)) as 'added' | 'there' | 'full';
    },
    of: async (...owners) => {
      const places = owners.map(placeOf);
      const byShard = Map.groupBy(places, ({ shard }) => shard);
      try {
        const lines = await Promise.all(
          retentionMs === 0
            ? places.map(({ shard, key }) => shard.redis.hvals(key))
            : [...byShard].map(async ([shard, here]) => {
                const keysHere = here.map(({ key }) => key);
                return (await shard.run('recall', keysHere, [retentionMs])) as string[];
              }),
        );
        return lines
          .flat()
          .flatMap((line) => Memory.safeParse(parseJson(line)).data ?? [])
          .toSorted((a, b) => a.at - b.at || a.id.localeCompare(b.id));
      } catch (error) {
        throw redisError(error);
      }
    },
    drop: async (owner, id) => {
      const { shard, key } = placeOf(owner);
      try {
        return (await shard.redis.hdel(key, id)) > 0;
      } catch (error) {
        throw redisError(error);
      }
    },
    clear: async (owner) => {
      const { shard, key } = placeOf(owner);
      try {
        await shard.redis.del(key);
      } catch (error) {
        throw redisError(error);
      }
    },
  };
}
