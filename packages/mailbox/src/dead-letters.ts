import { actorMember, AppError, keys } from '@queueclaw/contracts';
import { type DeadLetter, parseDeadLetter } from './dead-letter.js';
import type { Mailbox } from './mailbox.js';
import { outboxItem } from './outbox.js';
import { redisError } from './redis-error.js';
import type { Shard } from './shards.js';
import type { Waker } from './wake.js';

export type DeadLetters = {
  /** Newest first, at most `limit`. */
  list(limit: number): Promise<readonly DeadLetter[]>;
  /**
   * Tries again: mail of people is put in once more under new ids, a reply goes to the end of its outbox. Twice at the same
   * time, or after a crash in between, is once.
   * @returns how many messages were put in, or 1 for a reply
   * @throws AppError dead_letter.not_found, dead_letter.final (nothing in it to try), conversation.busy, system.*
   */
  retry(id: string): Promise<number>;
  /** @throws AppError dead_letter.not_found, system.* */
  drop(id: string): Promise<void>;
};

type Found = { readonly shard: Shard; readonly raw: string; readonly letter: DeadLetter };

/** Entries can be large: few are held at a time. */
const pageSize = 20;

async function* newestFirst(shard: Shard): AsyncIterable<Found> {
  for (let end = -1; ; end -= pageSize) {
    const page = await shard.redis.lrange(keys.dead(shard.tag), end - pageSize + 1, end);
    for (const raw of page.toReversed()) yield { shard, raw, letter: parseDeadLetter(raw) };
    if (page.length < pageSize) return;
  }
}

/** Opens the dead letters of a deployment. */
export function openDeadLetters(mailbox: Mailbox, waker: Waker): DeadLetters {
  const shards = mailbox.shards.all;

  const find = async (id: string): Promise<Found> => {
    for (const shard of shards) for await (const found of newestFirst(shard)) if (found.letter.id === id) return found;
    throw new AppError('dead_letter.not_found');
  };
  const remove = async ({ shard, raw }: Found): Promise<boolean> =>
    (await shard.redis.lrem(keys.dead(shard.tag), 1, raw)) > 0;

  return {
    list: (limit) => guarded(listNewest(shards, limit)),
    retry: (id) =>
      guarded(
        find(id).then(async (found) => {
          if (!found.letter.retryable) throw new AppError('dead_letter.final');
          if (found.letter.kind === 'replies') return redeliver(found);
          const count = await putInAgain(mailbox, waker, found.letter);
          await remove(found);
          return count;
        }),
      ),
    drop: (id) =>
      guarded(
        find(id).then(async (found) => {
          if (!(await remove(found))) throw new AppError('dead_letter.not_found');
        }),
      ),
  };
}

/** Drops the dead letters of a shard that `matches` says yes to. */
export async function dropDeadLetters(shard: Shard, matches: (letter: DeadLetter) => boolean): Promise<void> {
  const found: string[] = [];
  for await (const { raw, letter } of newestFirst(shard)) if (matches(letter)) found.push(raw);
  for (const raw of found) await shard.redis.lrem(keys.dead(shard.tag), 1, raw);
}

async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw redisError(error);
  }
}

async function listNewest(shards: readonly Shard[], limit: number): Promise<readonly DeadLetter[]> {
  const all: DeadLetter[] = [];
  for (const shard of shards) {
    let left = limit;
    if (left > 0)
      for await (const { letter } of newestFirst(shard)) {
        all.push(letter);
        left -= 1;
        if (left === 0) break;
      }
  }
  return all.sort((a, b) => b.at - a.at).slice(0, limit);
}

const idCharsMax = 128;

/** The same for the same dead letter, so that a repeat is recognised; retries of retries do not pile up suffixes. */
const newMessageId = (id: string, letter: DeadLetter): string => {
  const suffix = `~again-${letter.id.slice(0, 12)}`;
  return id.replace(/~again-[\w-]{12}$/, '').slice(0, idCharsMax - suffix.length) + suffix;
};

/** In order, one by one: behind a full mailbox nothing may overtake. */
async function putInAgain(mailbox: Mailbox, waker: Waker, letter: DeadLetter): Promise<number> {
  const { tenant, conversation } = letter;
  const address = { tenant, conversation };
  for (const mail of letter.mail) {
    const { outcome, wake, position } = await mailbox.ingest(address, { ...mail, id: newMessageId(mail.id, letter) });
    if (outcome === 'full') throw new AppError('conversation.busy', { retryAfterMs: 5_000 });
    if (wake) waker.hint(address, { why: 'mail', channel: mail.route.channel, mail: position + 1 });
  }
  return letter.mail.length;
}

async function redeliver({ shard, raw, letter }: Found): Promise<number> {
  const { tag } = shard;
  const { reply } = letter;
  if (!reply) throw new AppError('dead_letter.final');
  const done = await shard.run(
    'redeliver',
    [keys.dead(tag), keys.mailbox(tag, 'replies', letter), keys.due(tag, 'replies')],
    [raw, outboxItem(reply), actorMember(letter)],
  );
  if (done !== 1) throw new AppError('dead_letter.not_found');
  return 1;
}
