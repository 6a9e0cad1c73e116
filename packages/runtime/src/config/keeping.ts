import { z } from 'zod';
import { duration } from './units.js';

const count = (most: number): z.ZodNumber => z.number().int().min(1).max(most);

/** What is remembered beyond a conversation's transcript. */
export const MemoryConfig = z.strictObject({
  /** Of one person, and of one conversation. */
  entries: count(1_000).default(200),
  /** What of it a question to the model may bring along. */
  tokens: z.number().int().min(0).max(100_000).default(1_000),
});

/** What people may have come to them at other times. */
export const SchedulesConfig = z.strictObject({
  /** Of one person, in each shard. */
  per_person: count(1_000).default(20),
  /** Not more often than this. */
  min_interval: duration('1s', '7d').default(60_000),
  /** Nothing is due later than this, and what recurs ends then. */
  horizon: duration('1h', '3650d').default(366 * 86_400_000),
});
