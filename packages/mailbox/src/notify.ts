import { type ActorAddress, actorMember, keys, type Reply } from '@queueclaw/contracts';
import { recordTtlMs } from './limits.js';
import { outboxItem } from './outbox.js';
import type { Shards } from './shards.js';

const conversationsMax = 10_000;

/**
 * Puts what the system itself has to say into a conversation's outbox, which platforms' replies leave in order; once for the
 * reply's id within a day, whoever says it how often. Durable when it resolves. False: it was said before, or too many
 * conversations were told the same.
 * @param reply of a platform's route; it answers nothing
 */
export async function notify(shards: Shards, address: ActorAddress, reply: Reply): Promise<boolean> {
  const { tag, run } = shards.of(address);
  const names = [
    keys.message(tag, address.tenant, reply.id),
    keys.mailbox(tag, 'replies', address),
    keys.due(tag, 'replies'),
  ];
  const args = [address.conversation, recordTtlMs, conversationsMax, outboxItem(reply), actorMember(address)];
  return (await run('notify', names, args)) === 1;
}
