import { z } from 'zod';

const id = z.union([z.string().min(1).max(256), z.number().int()]).transform(String);
const ids = z.array(id).max(10_000).default([]);

/** What the bot hears of a group: what mentions, answers or commands it; everything; nothing. */
const Hears = z.enum(['mention', 'all', 'off']);
/** Who shares a conversation: everybody in a group, everybody in a thread of it, or nobody. */
const SharedBy = z.enum(['group', 'thread', 'person']);

/** Who may talk to the assistant by one account of a messaging app. It is read anew for every message. */
export const AccessConfig = z.strictObject({
  /**
   * Who may write to the bot alone. `pairing`: those in `allow`, and whom an operator has approved; others get a code.
   * `allowlist`: those in `allow`; others are told their id. `open`: everybody. `off`: nobody.
   */
  direct: z.enum(['pairing', 'allowlist', 'open', 'off']).default('pairing'),
  /** The platform's ids of people who may write to the bot alone, and call it in every group. */
  allow: ids,
  groups: Hears.default('mention'),
  /** The platform's ids of groups in which everybody may call the bot; `*`: all it is in. Elsewhere those who may write to it alone. */
  allow_groups: ids,
  /** By a group's id, instead of the above. */
  per_group: z
    .record(
      z.string().min(1).max(256),
      z.strictObject({
        hears: Hears.optional(),
        /** Only these people; empty: everybody. */
        allow: ids,
        conversation: SharedBy.optional(),
      }),
    )
    .default({}),
  /** Of groups: who shares a conversation. Where a platform has no threads, `thread` is the group. */
  conversation: SharedBy.default('thread'),
  /** Of one conversation; ten times as many in an hour. What is more is not answered: it may be another bot. */
  messages_per_minute: z.number().int().min(1).max(10_000).default(20),
});
export type AccessConfig = z.infer<typeof AccessConfig>;
