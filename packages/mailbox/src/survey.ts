import { keys } from '@queueclaw/contracts';
import { redisError } from './redis-error.js';
import type { Shards } from './shards.js';

/** How much there is of what the queues do not show. */
export type Survey = {
  /** Conversations that somebody should look at now. */
  readonly dueConversations: number;
  /** Conversations that are worked on, wait for a tool, or are due. */
  readonly openConversations: number;
  readonly dueOutboxes: number;
  readonly openOutboxes: number;
  /** Tool results on their way back. */
  readonly results: number;
  readonly deadLetters: number;
  /** Forged or unreadable mail that was dropped, since the deployment's first day. */
  readonly refusedMail: number;
};

const nothing: Survey = {
  ...{ dueConversations: 0, openConversations: 0, dueOutboxes: 0, openOutboxes: 0, results: 0, deadLetters: 0 },
  refusedMail: 0,
};

/**
 * Counts over all shards.
 * @param now milliseconds since the epoch
 * @throws AppError system.unavailable
 */
export async function survey(shards: Shards, now: number): Promise<Survey> {
  try {
    const counts = await Promise.all(
      shards.all.map(async ({ tag, redis }): Promise<Survey> => {
        const [messages, replies] = [keys.due(tag, 'messages'), keys.due(tag, 'replies')];
        const [dueConversations, openConversations, dueOutboxes, openOutboxes, results, deadLetters, refused] =
          await Promise.all([
            ...[redis.zcount(messages, '-inf', now), redis.zcard(messages)],
            ...[redis.zcount(replies, '-inf', now), redis.zcard(replies)],
            ...[redis.xlen(keys.results(tag)), redis.llen(keys.dead(tag)), redis.hvals(keys.refused(tag))],
          ] as const);
        const refusedMail = refused.reduce((sum, count) => sum + Number(count), 0);
        return { dueConversations, openConversations, dueOutboxes, openOutboxes, results, deadLetters, refusedMail };
      }),
    );
    return counts.reduce(add, nothing);
  } catch (error) {
    throw redisError(error);
  }
}

const add = (a: Survey, b: Survey): Survey => ({
  dueConversations: a.dueConversations + b.dueConversations,
  openConversations: a.openConversations + b.openConversations,
  dueOutboxes: a.dueOutboxes + b.dueOutboxes,
  openOutboxes: a.openOutboxes + b.openOutboxes,
  results: a.results + b.results,
  deadLetters: a.deadLetters + b.deadLetters,
  refusedMail: a.refusedMail + b.refusedMail,
});
