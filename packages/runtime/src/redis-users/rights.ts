import { budgetTag, keys, type Keyspace } from '@queueclaw/contracts';

/** The Redis users of a deployment: one for each process that talks to Redis. */
export const redisUsers = ['ingress', 'agent', 'tool-runner', 'console', 'all-in-one'] as const;
export type RedisUser = (typeof redisUsers)[number];

/** What a process may do in Redis: patterns of keys and channels. Everything that is not named is refused. */
export type RedisRights = {
  /** Read and write. */
  readonly keys: readonly string[];
  readonly reads: readonly string[];
  /** Streams that it may append to and nothing else. */
  readonly appends: readonly string[];
  /** Channels of pub/sub. */
  readonly hears: readonly string[];
  readonly says: readonly string[];
};

const every = { tenant: '*', conversation: '*' };
const nothing: RedisRights = { keys: [], reads: [], appends: [], hears: [], says: [] };

/** BullMQ's keys of one queue. */
const queue = (tag: string, name: 'messages' | 'tasks' | 'replies' | 'schedules'): string => `${tag}:${name}:*`;

/** Everything of every conversation: mail, state, tickets, transcript, outbox, live stream, records of messages. */
const conversations = (tag: string): string => `${tag}:t:*`;
const due = (tag: string): string => keys.due(tag, '*' as 'messages');

type RightsIn = (tag: string) => RedisRights;

/** Puts mail in, delivers replies, shows and forgets conversations. No tasks, no results. */
const ingress: RightsIn = (tag) => ({
  ...nothing,
  keys: [
    conversations(tag),
    due(tag),
    queue(tag, 'messages'),
    queue(tag, 'replies'),
    keys.dead(tag),
    keys.forgotten(tag),
    keys.holder(tag, '*'),
  ],
  hears: [keys.live(tag, every), keys.holderLine(tag, '*')],
  says: [keys.live(tag, every), keys.controlChannel(tag), keys.holderLine(tag, '*')],
});

/** Runs turns: consumes wakes and results, produces tasks and replies; its own clock is `schedules`. */
const agent: RightsIn = (tag) => ({
  ...nothing,
  keys: [
    ...[conversations(tag), due(tag), queue(tag, 'messages'), queue(tag, 'tasks'), queue(tag, 'replies')],
    ...[queue(tag, 'schedules'), keys.results(tag), keys.dead(tag), keys.refused(tag)],
  ],
  hears: [keys.controlChannel(tag)],
  says: [keys.live(tag, every), keys.controlChannel(tag)],
});

/** Serves its queue, appends results, hears of cancelled calls, reads what was forgotten. No key of any conversation, no other queue. */
const toolRunner: RightsIn = (tag) => ({
  ...nothing,
  keys: [queue(tag, 'tasks')],
  reads: [keys.forgotten(tag)],
  appends: [keys.results(tag)],
  hears: [keys.controlChannel(tag)],
});

/** Looks at queues and conversations; tries dead letters again, which puts mail and replies back to where they were; says who may write. */
const console: RightsIn = (tag) => ({
  ...nothing,
  keys: [
    ...[queue(tag, 'messages'), queue(tag, 'tasks'), queue(tag, 'replies'), due(tag), keys.dead(tag)],
    ...[keys.mailbox(tag, 'messages', every), keys.state(tag, 'messages', every), keys.mailbox(tag, 'replies', every)],
    ...[keys.message(tag, '*', '*'), keys.person(tag, '*', '*')],
    ...[queue(tag, 'schedules'), keys.schedules(tag, every), keys.scheduled(tag, '*'), keys.schedulers(tag, '*')],
    ...[keys.memories(tag, '*', '*'), keys.commands(tag, every)],
    ...[keys.pairingAccounts(tag, '*'), keys.pairingWaiting(tag, '*', '*'), keys.paired(tag, '*', '*')],
  ],
  reads: [
    keys.transcript(tag, every),
    keys.conversations(tag, '*'),
    ...[keys.control(tag, every), keys.waiting(tag, every)],
    ...[keys.results(tag), keys.refused(tag), keys.holder(tag, '*')],
  ],
});

/** True when everything that `pattern` matches begins as `wider` does. */
const covers = (wider: string, pattern: string): boolean =>
  wider.endsWith('*') && pattern !== wider && pattern.startsWith(wider.slice(0, -1));

const both = (a: RedisRights, b: RedisRights): RedisRights => {
  const union = (of: keyof RedisRights): readonly string[] => {
    const all = [...new Set([...a[of], ...b[of]])];
    return all.filter((pattern) => !all.some((wider) => covers(wider, pattern)));
  };
  return {
    keys: union('keys'),
    reads: union('reads'),
    appends: union('appends'),
    hears: union('hears'),
    says: union('says'),
  };
};

const inOneShard: Readonly<Record<RedisUser, RightsIn>> = {
  ingress,
  agent,
  'tool-runner': toolRunner,
  console,
  'all-in-one': (tag) => [ingress, agent, console].map((rights) => rights(tag)).reduce(both),
};

/**
 * What has hash tags of its own, beside the shards': which models may be asked, which accounts may send, and what every tenant
 * has used up.
 */
const beside = (user: RedisUser, space: Keyspace): RedisRights => {
  const spent = `${budgetTag(space, '*')}:*`;
  if (user === 'tool-runner') return nothing;
  if (user === 'console') return { ...nothing, reads: [spent] };
  const senders = keys.sender(space.namespace, '*', '*' as 'gate');
  if (user === 'ingress') return { ...nothing, keys: [senders], reads: [spent] };
  const models = keys.model(space.namespace, '*', '*' as 'breaker');
  return { ...nothing, keys: [models, spent, ...(user === 'all-in-one' ? [senders] : [])] };
};

const digit = '[0-9]';

/** Patterns that match the tags of a deployment's shards and no other deployment's in the same Redis. */
export function shardTagPatterns({ namespace, shards }: Keyspace): readonly string[] {
  if (shards === 1) return [`{${namespace}0}`];
  const digits = String(shards - 1).length;
  return Array.from({ length: digits }, (_, at) => `{${namespace}${digit.repeat(at + 1)}}`);
}

/** What a user may do, over all shards. The one place that says it. */
export function redisRights(user: RedisUser, space: Keyspace): RedisRights {
  const rights = both(shardTagPatterns(space).map(inOneShard[user]).reduce(both), beside(user, space));
  const writes = (pattern: string): boolean => rights.keys.some((key) => key === pattern || covers(key, pattern));
  return { ...rights, reads: rights.reads.filter((pattern) => !writes(pattern)) };
}
