import { z } from 'zod';

export const memoryTextMax = 1_000;

/** Something that is remembered for a person, or in a conversation. */
export const Memory = z.object({
  v: z.literal(1),
  /** Unique; made by us. */
  id: z.string().regex(/^[a-z0-9]{4,32}$/),
  text: z.string().min(1).max(memoryTextMax),
  /** Who had it remembered, as `personIn` names them. */
  by: z.string().max(3_072),
  /** Milliseconds since the epoch. */
  at: z.number().int().nonnegative(),
});
export type Memory = z.infer<typeof Memory>;
