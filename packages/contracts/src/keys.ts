import type { BudgetScope } from './budget.js';
import type { ActorAddress } from './ids.js';

/** Where all of one deployment's keys live: a prefix, and over how many hash slots conversations are spread. */
export type Keyspace = { readonly namespace: string; readonly shards: number };

/** CRC-16/XMODEM, as Redis Cluster uses it for slots. */
export function crc16(text: string): number {
  let crc = 0;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

/** The shard of a conversation, 0 to shards - 1. */
export function shardOf(space: Keyspace, conversation: string): number {
  return space.shards === 1 ? 0 : crc16(conversation) % space.shards;
}

/** The hash tag that all keys of a shard start with; it is BullMQ's prefix too. */
export function shardTag(space: Keyspace, shard: number): string {
  return `{${space.namespace}${shard}}`;
}

/** The hash tag of a tenant's budgets and usage: they are not a conversation's, so they live in a slot of their own. */
export function budgetTag(space: Keyspace, tenant: string): string {
  return `{${space.namespace}.${tenant}}`;
}

/** The two uses of the mailbox: `messages` (a conversation) and `replies` (its deliveries). */
export type ActorKind = 'messages' | 'replies';

/** Every Redis key of the system is made here. Tenant, kind, id come after the shard's hash tag. */
export const keys = {
  /** list: mail */
  mailbox: (tag: string, kind: ActorKind, a: ActorAddress): string =>
    `${tag}:t:${a.tenant}:${kind}:${a.conversation}:mb`,
  /** list: control mail, read before any other */
  control: (tag: string, a: ActorAddress): string => `${tag}:t:${a.tenant}:messages:${a.conversation}:ct`,
  /** list: commands, which end no turn; see `ControlMail` */
  commands: (tag: string, a: ActorAddress): string => `${tag}:t:${a.tenant}:messages:${a.conversation}:cm`,
  /** sorted set by last activity, to a day: the conversations in which a person (`personIn`) has written */
  person: (tag: string, tenant: string, person: string): string => `${tag}:t:${tenant}:person:${person}`,
  /** hash: epoch, scheduled, phase, tries, journal, tickets and results */
  state: (tag: string, kind: ActorKind, a: ActorAddress): string => `${tag}:t:${a.tenant}:${kind}:${a.conversation}:st`,
  /** hash by call: the ticket while it is out, the outcome when it came back */
  waiting: (tag: string, a: ActorAddress): string => `${tag}:t:${a.tenant}:messages:${a.conversation}:wt`,
  /** list: the transcript */
  transcript: (tag: string, a: ActorAddress): string => `${tag}:t:${a.tenant}:messages:${a.conversation}:tr`,
  /** list: the live stream, provisional deltas, tool activity, replies */
  live: (tag: string, a: ActorAddress): string => `${tag}:t:${a.tenant}:live:${a.conversation}`,
  /** sorted set by time: ids of messages, so that a conversation with another bot does not go on without end */
  pace: (tag: string, a: ActorAddress): string => `${tag}:t:${a.tenant}:messages:${a.conversation}:pc`,
  /** hash by conversation: what became of the message with this id (dedupe and status, 24 h) */
  message: (tag: string, tenant: string, id: string): string => `${tag}:t:${tenant}:m:${id}`,
  /** sorted set by last activity: a tenant's conversations */
  conversations: (tag: string, tenant: string): string => `${tag}:t:${tenant}:conversations`,
  /** sorted set by time: when somebody must look at an actor next; members are `actorMember` */
  due: (tag: string, kind: ActorKind): string => `${tag}:due:${kind}`,
  /** stream: tool results on their way back */
  results: (tag: string): string => `${tag}:results`,
  /** stream: conversations that were forgotten, for those who keep something of theirs outside of Redis */
  forgotten: (tag: string): string => `${tag}:forgotten`,
  /** list: dead letters */
  dead: (tag: string): string => `${tag}:dead`,
  /** hash by kind: how much forged or unreadable mail was dropped */
  refused: (tag: string): string => `${tag}:refused`,
  /** a model's own hash tag; hashes: whether it may be asked (`breaker`), how much it was (`window`); sorted set: `calls` */
  model: (namespace: string, name: string, what: 'breaker' | 'window' | 'calls'): string =>
    `{${namespace}:model:${encodeURIComponent(name)}}:${what}`,
  /**
   * an account's own hash tag (`telegram/main`); hash: whether it may send (`gate`); lists: when it last sent, to all (`sends`)
   * and to a chat (`chat`); string: a chat has to wait (`wait`); sets: chats that failed (`failed`) or were slowed (`slowed`)
   */
  sender: (
    namespace: string,
    account: string,
    what: 'gate' | 'sends' | 'edits' | 'chat' | 'wait' | 'failed' | 'slowed',
    chat = '',
  ): string => `{${namespace}:send:${encodeURIComponent(account)}}:${what}${chat === '' ? '' : `:${chat}`}`,
  /** hash: what was spent and is reserved of a budget on one day (`20261123`); tag of `budgetTag` */
  budget: (tag: string, day: string, scope: BudgetScope, id: string): string => `${tag}:budget:${day}:${scope}:${id}`,
  /** string: one reservation, until it is settled and a minute longer */
  reservation: (tag: string, id: string): string => `${tag}:budget:held:${id}`,
  /** hash by model, '' for all: a tenant's usage on one day */
  tenantUsage: (tag: string, day: string): string => `${tag}:usage:${day}`,
  /** hash by day: a person's usage */
  personUsage: (tag: string, person: string): string => `${tag}:usage:person:${person}`,
  /** sorted set by tokens: who used most on one day */
  usageRanking: (tag: string, day: string): string => `${tag}:usage:${day}:people`,
  /** string: the last batch that a process has counted, so that one which is sent again counts once */
  usageWriter: (tag: string, writer: string): string => `${tag}:usage:writer:${writer}`,
  /** hash: who holds a connection that only one may hold; in the first shard */
  holder: (tag: string, name: string): string => `${tag}:holder:${name}`,
  /** pub/sub: what others ask the holder to do, and what it answers them; in the first shard */
  holderLine: (tag: string, name: string): string => `${tag}:holder:${name}:line`,
  /** string: where the next listener of a channel's account goes on; in the first shard */
  channelNotes: (tag: string, name: string): string => `${tag}:holder:${name}:notes`,
  /** set: a tenant's accounts of messaging apps (`telegram/main`) in which somebody has asked; in the first shard */
  pairingAccounts: (tag: string, tenant: string): string => `${tag}:t:${tenant}:pairing:accounts`,
  /** hash by person: who waits for an operator's approval, for an hour */
  pairingWaiting: (tag: string, tenant: string, account: string): string =>
    `${tag}:t:${tenant}:pairing:${account}:waiting`,
  /** hash by person: whom an operator has approved */
  paired: (tag: string, tenant: string, account: string): string => `${tag}:t:${tenant}:pairing:${account}:people`,
  /** hash: a conversation's schedules by id, `<id>:paused`, and when one was last due, `<id>:last` */
  schedules: (tag: string, a: ActorAddress): string => `${tag}:t:${a.tenant}:messages:${a.conversation}:sc`,
  /** hash by `conversation/id`: whose a schedule is (`personIn`), all of a tenant's in this shard */
  scheduled: (tag: string, tenant: string): string => `${tag}:t:${tenant}:scheduled`,
  /** hash by person: how many schedules they have in this shard */
  schedulers: (tag: string, tenant: string): string => `${tag}:t:${tenant}:schedulers`,
  /** hash by id: what is remembered for a person (`p.<personIn>`) or in a conversation (`c.<its id>`) */
  memories: (tag: string, tenant: string, owner: string): string => `${tag}:t:${tenant}:memory:${owner}`,
  /** pub/sub: stop a running step or tool */
  controlChannel: (tag: string): string => `${tag}:control`,
} as const;

/** The member of `due` for an actor. */
export const actorMember = (a: ActorAddress): string => `${a.tenant}/${a.conversation}`;

/** The inverse of `actorMember`. */
export function parseActorMember(member: string): ActorAddress {
  const at = member.indexOf('/');
  return { tenant: member.slice(0, at), conversation: member.slice(at + 1) };
}
