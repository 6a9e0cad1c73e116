import { type ActorAddress, actorMember, keys, type Reply } from '@queueclaw/contracts';
import { recordTtlMs } from './limits.js';
import { outboxItem } from './outbox.js';
import type { Shards } from './shards.js';

const toldMax = 10_000;

export type Notification = {
  readonly shards: Shards;
  readonly address: ActorAddress;
  /** Of a platform's route; it answers nothing. */
  readonly reply: Reply;
  /** What is told once; absent: the conversation. */
  readonly once?: string | undefined;
};

/**
 * Puts what the system itself has to say into a conversation's outbox, which platforms' replies leave in order; once for the
 * reply's id within a day, whoever says it how often. Durable when it resolves. False: it was said before, or too many
 * were told the same.
 */
export async function notify({ shards, address, reply, once = address.conversation }: Notification): Promise<boolean> {
  const { tag, run } = shards.of(address);
  const names = [
    keys.message(tag, address.tenant, reply.id),
    keys.mailbox(tag, 'replies', address),
    keys.due(tag, 'replies'),
  ];
  const args = [once, recordTtlMs, toldMax, outboxItem(reply), actorMember(address)];
  return (await run('notify', names, args)) === 1;
}
