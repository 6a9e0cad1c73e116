import { z } from 'zod';
import { ConversationId, TenantId } from './ids.js';
import { Route, Sender } from './mail.js';

/** Unique in the deployment; made by us. */
export const ScheduleId = z.string().regex(/^[a-z0-9]{4,32}$/);

/** When it is due: once, at an interval, or by five fields of cron in a time zone. */
export const ScheduleRule = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('once'), at: z.number().int().nonnegative() }),
  z.object({ kind: z.literal('every'), everyMs: z.number().int().positive() }),
  z.object({ kind: z.literal('cron'), cron: z.string().min(9).max(100), zone: z.string().min(1).max(64) }),
]);
export type ScheduleRule = z.infer<typeof ScheduleRule>;

export const scheduleTextMax = 2_000;

/** What comes to a conversation as mail when it is due. */
export const Schedule = z.object({
  v: z.literal(1),
  id: ScheduleId,
  text: z.string().min(1).max(scheduleTextMax),
  rule: ScheduleRule,
  /** Who asked for it: it counts as theirs. */
  from: Sender,
  /** Where the answers go. */
  route: Route,
  group: z.literal(true).optional(),
  language: z.string().max(35).optional(),
  timezone: z.string().max(64).optional(),
  /** When it was made, and when it ends by itself; milliseconds since the epoch. */
  at: z.number().int().nonnegative(),
  endsAt: z.number().int().nonnegative(),
});
export type Schedule = z.infer<typeof Schedule>;

/** A job on `schedules`: this one is due. Ids and times; what it says is with the conversation. */
export const Firing = z.object({
  v: z.literal(1),
  tenant: TenantId,
  conversation: ConversationId,
  schedule: ScheduleId,
});
export type Firing = z.infer<typeof Firing>;
