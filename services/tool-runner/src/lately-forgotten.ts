import { actorMember, keys, type Task } from '@queueclaw/contracts';
import type { Redis } from 'ioredis';

/** Says of a task whether its conversation was forgotten after it had been asked for. Rejects when Redis is away. */
export type LatelyForgotten = (task: Pick<Task, 'tenant' | 'conversation' | 'call' | 'deadlineAt'>) => Promise<boolean>;

const pageSize = 1_000;
/** Turns go on where they were for so long after a conversation was forgotten, then they begin anew. */
const turnsKnownMs = 86_400_000;
const membersMax = 20_000;

type Forgotten = { readonly turn: number; readonly at: number };

/**
 * Reads a shard's stream of forgotten conversations on, one short question for each call. A task belongs to one that was
 * forgotten when its turn is not a later one than the last of then, by numbers and no clock.
 */
export function latelyForgotten(redis: Redis, tag: string): LatelyForgotten {
  const known = new Map<string, Forgotten>();
  let next = '-';

  const readOn = async (): Promise<void> => {
    for (let length = pageSize; length === pageSize;) {
      const page = await redis.xrange(keys.forgotten(tag), next, '+', 'COUNT', pageSize);
      ({ length } = page);
      for (const [id, [, member = '', , turn = '0']] of page) {
        known.delete(member);
        known.set(member, { turn: Number(turn), at: Number(id.split('-')[0]) });
        next = `(${id}`;
      }
    }
    for (const oldest of known.keys()) {
      if (known.size <= membersMax) break;
      known.delete(oldest);
    }
  };

  return async (task) => {
    await readOn();
    const found = known.get(actorMember(task));
    return found !== undefined && turnOf(task.call) <= found.turn && found.at > task.deadlineAt - turnsKnownMs;
  };
}

/** A call's id is `<turn>.<step>.<n>`. */
const turnOf = (call: string): number => Number.parseInt(call, 10);
