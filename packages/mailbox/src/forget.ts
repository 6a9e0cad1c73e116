import { type ActorAddress, actorMember, keys, MessageId, Reply } from '@queueclaw/contracts';
import { z } from 'zod';
import { parseJson } from './record.js';
import type { Shard } from './shards.js';

const Named = z.object({ id: MessageId });
const Answering = z.object({ answers: z.array(Named) });
const Answers = Reply.pick({ answers: true });
const pageSize = 200;
/** Who was away for longer than it takes to forget so many finds what is left by its age. */
const forgottenMax = 10_000;

/**
 * Removes everything of a conversation, its messages' records too, so that none of them is told to be on its way for ever.
 * @returns false when there was nothing
 */
export async function forgetConversation(shard: Shard, address: ActorAddress): Promise<boolean> {
  const { tag } = shard;
  const ids = await messageIds(shard, address);
  const there = await shard.run(
    'forget',
    [
      ...[keys.state(tag, 'messages', address), keys.mailbox(tag, 'messages', address), keys.control(tag, address)],
      ...[keys.waiting(tag, address), keys.transcript(tag, address), keys.live(tag, address)],
      ...[keys.state(tag, 'replies', address), keys.mailbox(tag, 'replies', address)],
      ...[keys.due(tag, 'messages'), keys.due(tag, 'replies'), keys.conversations(tag, address.tenant)],
      ...[keys.commands(tag, address), keys.forgotten(tag), keys.pace(tag, address)],
      ...[keys.schedules(tag, address), keys.scheduled(tag, address.tenant), keys.schedulers(tag, address.tenant)],
      keys.memories(tag, address.tenant, `c.${address.conversation}`),
    ],
    [actorMember(address), address.conversation, forgottenMax],
  );
  const all = [...ids];
  for (let at = 0; at < all.length; at += pageSize) {
    const page = all.slice(at, at + pageSize);
    await Promise.all(page.map((id) => shard.redis.hdel(keys.message(tag, address.tenant, id), address.conversation)));
  }
  return there === 1;
}

/** Of everything that waits, is worked on, is remembered, or is on its way out. */
async function messageIds({ tag, redis }: Shard, address: ActorAddress): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  const add = (found: readonly { readonly id: string }[]): void => {
    for (const { id } of found) ids.add(id);
  };
  const named = (line: string): readonly { readonly id: string }[] => {
    const parsed = Named.safeParse(parseJson(line));
    return parsed.success ? [parsed.data] : [];
  };
  const sealed = (line: string): readonly { readonly id: string }[] => named(line.slice(line.indexOf('.') + 1));
  const item = (line: string): readonly { readonly id: string }[] =>
    (Answers.safeParse(parseJson(line.split('\n').slice(3).join('\n'))).data?.answers ?? []).map((id) => ({ id }));
  for (const [key, read] of [
    [keys.mailbox(tag, 'messages', address), sealed],
    [keys.control(tag, address), sealed],
    [keys.commands(tag, address), sealed],
    [keys.transcript(tag, address), named],
    [keys.mailbox(tag, 'replies', address), item],
  ] as const)
    for (let at = 0, length = pageSize; length === pageSize; at += pageSize) {
      const page = await redis.lrange(key, at, at + pageSize - 1);
      for (const line of page) add(read(line));
      length = page.length;
    }
  const [journal, compact] = await redis.hmget(keys.state(tag, 'messages', address), 'journal', 'compact');
  add(Answering.safeParse(parseJson(journal ?? '')).data?.answers ?? []);
  add(named(compact ?? ''));
  return ids;
}
