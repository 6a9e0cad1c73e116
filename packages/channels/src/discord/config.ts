import { z } from 'zod';

/** Settings of one bot. */
export const DiscordConfig = z.strictObject({
  token: z
    .string()
    .min(20)
    .max(200)
    .regex(/\S/, 'must not be blank')
    .describe('The bot token from the developer portal.'),
  direct: z
    .enum(['allowlist', 'open', 'off'])
    .default('allowlist')
    .describe('Who may write to the bot alone. With `allowlist`, others are told their id.'),
  servers: z
    .enum(['mention', 'all', 'off'])
    .default('mention')
    .describe('What the bot hears in servers: what mentions it or answers it, everything, or nothing.'),
  allow: z
    .array(z.string().regex(/^[0-9]{1,20}$/, 'must be an id, in quotes'))
    .max(10_000)
    .default([])
    .describe('Ids of people who may write to the bot alone.'),
  channels: z
    .array(z.string().regex(/^[0-9]{1,20}$/, 'must be an id, in quotes'))
    .max(10_000)
    .default([])
    .describe('Ids of the channels, threads or servers that it hears; empty: all it was invited to.'),
  api_root: z.url().default('https://discord.com/api').describe('Another address of the REST API.'),
});
export type DiscordConfig = z.infer<typeof DiscordConfig>;
