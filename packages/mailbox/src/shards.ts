import { type ActorAddress, type Keyspace, shardOf, shardTag } from '@queueclaw/contracts';
import type { Redis } from 'ioredis';
import { redisError } from './redis-error.js';
import { type RunScript, scriptsOn } from './script.js';

/** One hash slot: its tag, and how to run scripts there. */
export type Shard = { readonly index: number; readonly tag: string; readonly redis: Redis; readonly run: RunScript };

export type Shards = {
  readonly space: Keyspace;
  readonly all: readonly Shard[];
  /** The shard that holds everything of this conversation. */
  of(address: Pick<ActorAddress, 'conversation'>): Shard;
};

/** Opens every shard of a deployment on one `command` connection. Errors of scripts arrive as AppError. */
export function openShards(space: Keyspace, redis: Redis): Shards {
  const script = scriptsOn(redis);
  const run: RunScript = async (...call) => {
    try {
      return await script(...call);
    } catch (error) {
      throw redisError(error);
    }
  };
  const all = Array.from({ length: space.shards }, (_, index) => ({ index, tag: shardTag(space, index), redis, run }));
  return {
    space,
    all,
    of: (address) => {
      const shard = all[shardOf(space, address.conversation)];
      if (!shard) throw new Error('no such shard');
      return shard;
    },
  };
}
