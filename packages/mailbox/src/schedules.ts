import { type ActorAddress, keys, personIn, Schedule } from '@queueclaw/contracts';
import { parseJson } from './record.js';
import { redisError } from './redis-error.js';
import type { Shard, Shards } from './shards.js';

/** A schedule as it is kept. */
export type KeptSchedule = ActorAddress &
  Schedule & {
    readonly paused: boolean;
    /** When it was last due and its message went out, milliseconds since the epoch. */
    readonly lastAt: number | undefined;
  };

/**
 * The schedules of a deployment, beside the conversations they belong to, and forgotten with them. Says nothing of when they are
 * due: that is the clock's business.
 */
export type ScheduleBook = {
  /** `full`: the person or the tenant has as many as may be. One that is there stays as it is. */
  add(address: ActorAddress, schedule: Schedule, personMax: number): Promise<'added' | 'there' | 'full'>;
  find(address: ActorAddress, id: string): Promise<KeptSchedule | undefined>;
  /** Oldest first. */
  of(address: ActorAddress): Promise<readonly KeptSchedule[]>;
  /** All of a tenant, in no order. */
  list(tenant: string): AsyncIterable<KeptSchedule>;
  /** False: it is not there. */
  pause(address: ActorAddress, id: string, paused: boolean): Promise<boolean>;
  fired(address: ActorAddress, id: string, at: number): Promise<void>;
  /** False: it was not there. */
  drop(address: ActorAddress, id: string): Promise<boolean>;
};

/** Of one tenant in one shard. */
const tenantMax = 10_000;
const pageSize = 200;

const memberOf = ({ conversation }: ActorAddress, id: string): string => `${conversation}/${id}`;

export function openScheduleBook(shards: Shards): ScheduleBook {
  const names = ({ tag }: Shard, address: ActorAddress): string[] => [
    keys.schedules(tag, address),
    keys.scheduled(tag, address.tenant),
    keys.schedulers(tag, address.tenant),
  ];
  const find: ScheduleBook['find'] = async (address, id) => {
    const { redis, tag } = shards.of(address);
    const [text, paused, last] = await guarded(
      redis.hmget(keys.schedules(tag, address), id, `${id}:paused`, `${id}:last`),
    );
    return read(address, text, paused, last);
  };
  const mark = async (address: ActorAddress, id: string, what: 'paused' | 'last', value: string): Promise<boolean> => {
    const shard = shards.of(address);
    return (await shard.run('markSchedule', [keys.schedules(shard.tag, address)], [id, what, value])) === 1;
  };

  return {
    add: async (address, schedule, personMax) => {
      const shard = shards.of(address);
      const person = personIn(schedule.route.channel, schedule.from.id);
      const args = [
        ...[schedule.id, JSON.stringify(schedule), memberOf(address, schedule.id)],
        ...[person, personMax, tenantMax],
      ];
      return (await shard.run('addSchedule', names(shard, address), args)) as 'added' | 'there' | 'full';
    },
    find,
    of: async (address) => {
      const { redis, tag } = shards.of(address);
      const all = await guarded(redis.hgetall(keys.schedules(tag, address)));
      return Object.keys(all)
        .flatMap((id) => read(address, all[id], all[`${id}:paused`], all[`${id}:last`]) ?? [])
        .toSorted((a, b) => a.at - b.at);
    },
    list: (tenant) => listTenant(shards, find, tenant),
    pause: (address, id, paused) => mark(address, id, 'paused', paused ? '1' : ''),
    fired: async (address, id, at) => void (await mark(address, id, 'last', String(at))),
    drop: async (address, id) => {
      const shard = shards.of(address);
      return (await shard.run('dropSchedule', names(shard, address), [id, memberOf(address, id)])) === 1;
    },
  };
}

async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw redisError(error);
  }
}

function read(
  { tenant, conversation }: ActorAddress,
  text: string | null | undefined,
  paused: string | null | undefined,
  last: string | null | undefined,
): KeptSchedule | undefined {
  const parsed = Schedule.safeParse(parseJson(text ?? ''));
  if (!parsed.success) return undefined;
  return { tenant, conversation, ...parsed.data, paused: paused === '1', lastAt: last ? Number(last) : undefined };
}

async function* listTenant(shards: Shards, find: ScheduleBook['find'], tenant: string): AsyncIterable<KeptSchedule> {
  for (const { redis, tag } of shards.all) {
    const members = await guarded(redis.hkeys(keys.scheduled(tag, tenant)));
    for (let at = 0; at < members.length; at += pageSize) {
      const page = members.slice(at, at + pageSize).map((member) => {
        const [conversation = '', id = ''] = member.split('/');
        return find({ tenant, conversation }, id);
      });
      for (const schedule of await Promise.all(page)) if (schedule) yield schedule;
    }
  }
}
