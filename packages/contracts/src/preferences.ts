import { z } from 'zod';

/** What mail that arrives in the middle of a turn does to it. */
export const QueueMode = z.enum(['collect', 'steer', 'followup', 'interrupt']);
export type QueueMode = z.infer<typeof QueueMode>;

const wishes = {
  queueMode: QueueMode,
  /** BCP 47. */
  language: z.string().min(1).max(35),
  /** IANA time zone. */
  timezone: z.string().min(1).max(64),
  /** A name of the configuration's models. */
  model: z.string().min(1).max(128),
};

/** What the people of a conversation have chosen with commands; absent: as the agent is configured. */
export const Preferences = z.object(wishes).partial();
export type Preferences = z.infer<typeof Preferences>;

/** What a command changes: null is back to the default. */
export const PreferenceChange = z
  .object({
    queueMode: wishes.queueMode.nullable(),
    language: wishes.language.nullable(),
    timezone: wishes.timezone.nullable(),
    model: wishes.model.nullable(),
  })
  .partial();
export type PreferenceChange = z.infer<typeof PreferenceChange>;

/** The preferences after a change. */
export function withChange(preferences: Preferences, change: PreferenceChange): Preferences {
  const merged = Object.entries({ ...preferences, ...change }).filter(([, value]) => value !== null);
  return Preferences.parse(Object.fromEntries(merged));
}

/** What a command without a change can tell about. */
export const CommandTopic = z.enum([
  ...(['help', 'status', 'usage', 'models', 'tools', 'whoami'] as const),
  ...(['queue', 'model', 'language', 'timezone', 'new', 'compact', 'approvals'] as const),
]);
export type CommandTopic = z.infer<typeof CommandTopic>;
