import { type ActorAddress, AppError, type ControlMail, keys, type PersonMail } from '@queueclaw/contracts';
import { isCommand, type Mailbox, redisError, type Waker } from '@queueclaw/mailbox';
import type { Redis } from 'ioredis';
import { openLiveReader } from './live.js';
import { messageStatus } from './message-status.js';
import { openPeople } from './people.js';
import { exportTranscript, readTranscript } from './transcript.js';
import type { Accepted, Conversations } from './types.js';

export type ConversationsOptions = {
  readonly mailbox: Mailbox;
  readonly waker: Waker;
  /** A connection of the `subscriber` role, for this alone; closed by `close`. */
  readonly subscriber: Redis;
};

/** Opens the conversations of a deployment. */
export function openConversations({ mailbox, waker, subscriber }: ConversationsOptions): Conversations {
  const { shards } = mailbox;
  const live = openLiveReader(shards, subscriber);

  return {
    accept: (address, mail) => accept(mailbox, waker, address, mail),
    control: (address, mail) => control(mailbox, waker, address, mail),
    message: async (tenant, id, conversation) => {
      const found = await guarded(mailbox.record(tenant, id, conversation));
      return found && messageStatus(id, found.conversation, found.record);
    },
    list: (tenant, page) => guarded(listConversations(mailbox, tenant, page)),
    transcript: (address, page) => guarded(readTranscript(shards, address, page)),
    forget: (address) => guarded(forget(mailbox, address)),
    exportEntries: (address) => exportTranscript(shards, address),
    people: openPeople(mailbox, (address) => forget(mailbox, address)),
    follow: (address, cursor, tell) => guarded(live.follow(address, cursor, tell)),
    close: async () => live.close(),
  };
}

async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw redisError(error);
  }
}

async function accept(mailbox: Mailbox, waker: Waker, address: ActorAddress, mail: PersonMail): Promise<Accepted> {
  const { outcome, position, wake, record } = await mailbox.ingest(address, mail);
  if (wake) waker.hint(address, { why: 'mail', channel: mail.route.channel, mail: position + 1 });
  const status = record && messageStatus(mail.id, address.conversation, record);
  return { outcome, position, ...(status ? { status } : {}) };
}

async function control(mailbox: Mailbox, waker: Waker, address: ActorAddress, mail: ControlMail): Promise<Accepted> {
  const { outcome, wake, record } = await mailbox.ingest(address, mail);
  if (outcome === 'conflict') throw new AppError('message.conflict');
  if (outcome === 'full') throw new AppError('conversation.busy', { retryAfterMs: 2_000 });
  const status = record && messageStatus(mail.id, address.conversation, record);
  const accepted = { outcome, position: 0, ...(status ? { status } : {}) };
  const command = isCommand(mail);
  if (wake || (command && outcome === 'accepted'))
    waker.hint(address, { why: 'mail', channel: mail.route.channel, command });
  if (command) return accepted;
  const { tag, redis } = mailbox.shards.of(address);
  await redis.publish(keys.controlChannel(tag), JSON.stringify({ type: 'control', ...address })).catch(() => undefined);
  return accepted;
}

async function forget(mailbox: Mailbox, address: ActorAddress): Promise<boolean> {
  const there = await mailbox.forget(address);
  const { tag, redis } = mailbox.shards.of(address);
  // Runners look at the stream when they hear this, and from time to time in case they do not.
  if (there) await redis.publish(keys.controlChannel(tag), JSON.stringify({ type: 'forget' })).catch(() => undefined);
  return there;
}

const tiesMax = 1_000;

/** The conversations whose last activity was in one millisecond. */
async function conversationsAt(
  mailbox: Mailbox,
  tenant: string,
  at: number,
): Promise<{ conversation: string; at: number }[]> {
  const names = await Promise.all(
    mailbox.shards.all.map(({ tag, redis }) =>
      redis.zrangebyscore(keys.conversations(tag, tenant), at, at, 'LIMIT', 0, tiesMax),
    ),
  );
  return names.flat().map((conversation) => ({ conversation, at }));
}

async function listConversations(
  mailbox: Mailbox,
  tenant: string,
  page: { limit: number; before?: number },
): Promise<{ conversation: string; at: number }[]> {
  const newest = page.before === undefined ? '+inf' : `(${page.before}`;
  const all = await Promise.all(
    mailbox.shards.all.map(async ({ tag, redis }) => {
      const flat = await redis.zrange(
        ...([
          keys.conversations(tag, tenant),
          newest,
          '-inf',
          'BYSCORE',
          'REV',
          'LIMIT',
          0,
          page.limit,
          'WITHSCORES',
        ] as const),
      );
      return flat.flatMap((conversation, at) => (at % 2 === 0 ? [{ conversation, at: Number(flat[at + 1]) }] : []));
    }),
  );
  const newestFirst = all.flat().toSorted((a, b) => b.at - a.at);
  const last = newestFirst[page.limit - 1];
  if (last === undefined) return newestFirst;
  // The next page starts before this moment: whatever else happened in it belongs to this page.
  const before = newestFirst.filter(({ at }) => at > last.at);
  return [...before, ...(await conversationsAt(mailbox, tenant, last.at))];
}
