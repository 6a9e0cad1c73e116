import { z } from 'zod';

const person = z.union([z.string(), z.number().int()]).transform(String);

/** Settings of one bot. */
export const TelegramConfig = z.strictObject({
  token: z
    .string()
    .regex(/^[0-9]+:[A-Za-z0-9_-]{10,}$/, 'must be a bot token, like 123456:ABC…')
    .describe('The bot token that @BotFather gave.'),
  direct: z
    .enum(['allowlist', 'open', 'off'])
    .default('allowlist')
    .describe('Who may write to the bot alone. With `allowlist`, others are told their id.'),
  groups: z
    .enum(['mention', 'all', 'off'])
    .default('mention')
    .describe('What the bot hears in groups: what mentions it or answers it, everything, or nothing.'),
  allow: z
    .array(person)
    .max(10_000)
    .default([])
    .describe('Ids of people who may write, and of groups. Without any group in it, every group may.'),
  api_root: z
    .url()
    .default('https://api.telegram.org')
    .describe('Another address of the Bot API, for a server of your own.'),
});
export type TelegramConfig = z.infer<typeof TelegramConfig>;
