import { commandIn } from '@queueclaw/contracts';
import { z } from 'zod';
import { pressed } from '../pressed.js';
import { Id, User } from './message.js';

const Person = z.looseObject({ user: User });

/** The parts of a gateway INTERACTION_CREATE that count here (Discord API v10): a slash command (2), or a button (3). */
export const Interaction = z.looseObject({
  id: Id,
  application_id: Id,
  type: z.union([z.literal(2), z.literal(3)]),
  /** Good for 15 minutes, to answer with; secret. */
  token: z.string().min(1).max(1_024),
  channel_id: Id,
  guild_id: Id.optional(),
  /** Alone with the bot; in a server it is in `member`. */
  user: User.optional(),
  member: Person.optional(),
  locale: z.string().max(35).optional(),
  data: z.looseObject({
    name: z.string().max(32).optional(),
    options: z
      .array(z.looseObject({ value: z.unknown() }))
      .max(25)
      .default([]),
    custom_id: z.string().max(100).optional(),
  }),
});
export type Interaction = z.infer<typeof Interaction>;

/** Who it was. */
export const personOf = ({ user, member }: Interaction): z.infer<typeof User> | undefined => member?.user ?? user;

/** What they say by it; undefined for what is no command of ours. */
export function textOf({ type, data }: Interaction): string | undefined {
  if (type === 3) return pressed(data.custom_id);
  const [first] = data.options;
  const value = typeof first?.value === 'string' ? ` ${first.value}` : '';
  const text = `/${data.name ?? ''}${value}`.trim();
  return commandIn(text) === undefined ? undefined : text;
}
