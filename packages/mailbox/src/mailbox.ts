import { type ActorAddress, type ActorKind, keys, parseActorMember } from '@queueclaw/contracts';
import {
  decideCommand,
  type DecisionEffect,
  type Effect,
  glanceAt,
  type Glance,
  obeyCommand,
  type Obey,
  type Obeyed,
  type WaitingCommand,
} from './commands.js';
import { forgetConversation } from './forget.js';
import { createHistoryCache } from './history-cache.js';
import { ingestInto, type Ingest } from './ingest.js';
import { claimConversation } from './lease.js';
import type { Claim } from './lease-types.js';
import { lookAgainMs, type MailboxLimits } from './limits.js';
import { parseRecord, type MessageRecord } from './record.js';
import { redactPerson } from './redact.js';
import { strings } from './reply-shapes.js';
import type { Shard, Shards } from './shards.js';
import type { OfChannel } from './theirs.js';

export type Mailbox = {
  readonly shards: Shards;
  readonly ingest: Ingest;
  /**
   * Claims a conversation for one step, or says why there is none to make.
   * @param obey is given the commands that wait first of all, and sees to each with `obey`; absent: they stay
   */
  claim(address: ActorAddress, obey?: Obey): Promise<Claim>;
  /** Obeys a command, once whoever else tries to. Needs no lease. */
  obey(address: ActorAddress, command: WaitingCommand, effect: Effect): Promise<Obeyed>;
  /** Decides on a call that waits for a person, once whoever else tries to. Needs no lease. */
  decide(address: ActorAddress, command: WaitingCommand, effect: DecisionEffect): Promise<'done' | 'gone' | 'late'>;
  /** What a command may want to know of a conversation. Read from several keys one after the other. */
  glance(address: ActorAddress): Promise<Glance>;
  /** Up to `most` actors of a shard that somebody should look at now; they count as looked at for a few seconds. */
  dispatch(shard: Shard, kind: ActorKind, most: number): Promise<readonly ActorAddress[]>;
  /** What became of a message; with several conversations that used the id, any one of them unless named. */
  record(
    tenant: string,
    id: string,
    conversation?: string,
  ): Promise<{ conversation: string; record: MessageRecord } | undefined>;
  /** Removes a person's words from a conversation that others share; the ids of their messages. See redact.ts. */
  redact(address: ActorAddress, person: OfChannel): Promise<ReadonlySet<string>>;
  /** Removes everything of a conversation; false when there was nothing. */
  forget(address: ActorAddress): Promise<boolean>;
};

export type MailboxOptions = {
  readonly shards: Shards;
  /** Undefined in processes that may not speak for people. */
  readonly mailKey: string | undefined;
  readonly limits: MailboxLimits;
};

/** Opens the mailboxes of a deployment. */
export function openMailbox({ shards, mailKey, limits }: MailboxOptions): Mailbox {
  const histories = createHistoryCache();
  return {
    shards,
    ingest: ingestInto(shards, mailKey, limits),
    claim: (address, obey) =>
      claimConversation({ shard: shards.of(address), address, mailKey, limits, histories }, obey),
    obey: (address, command, effect) => obeyCommand(shards.of(address), address, command, effect, limits.retentionMs),
    decide: (address, command, effect) => decideCommand(shards.of(address), address, command, effect),
    glance: (address) => glanceAt(shards.of(address), address),
    dispatch: async (shard, kind, most) =>
      strings(await shard.run('dispatch', [keys.due(shard.tag, kind)], [most, lookAgainMs])).map(parseActorMember),
    record: (tenant, id, conversation) => findRecord(shards, tenant, id, conversation),
    redact: (address, person) => redactPerson(shards.of(address), address, person),
    forget: (address) => forgetConversation(shards.of(address), address),
  };
}

async function findRecord(
  shards: Shards,
  tenant: string,
  id: string,
  wanted: string | undefined,
): ReturnType<Mailbox['record']> {
  const places = wanted === undefined ? shards.all : [shards.of({ conversation: wanted })];
  for (const shard of places) {
    const found = await shard.redis.hgetall(keys.message(shard.tag, tenant, id));
    const conversation = wanted ?? Object.keys(found)[0];
    const text = conversation === undefined ? undefined : found[conversation];
    if (conversation !== undefined && text !== undefined) return { conversation, record: parseRecord(text) };
  }
  return undefined;
}
