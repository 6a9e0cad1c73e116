import { z } from 'zod';

/** Connections of one bot; bots with more are large enough for a design of their own. */
export const shardsMax = 256;

/** Settings of one bot. */
export const DiscordConfig = z.strictObject({
  token: z
    .string()
    .min(20)
    .max(200)
    .regex(/\S/, 'must not be blank')
    .describe('The bot token from the developer portal.'),
  shards: z
    .union([z.literal('auto'), z.number().int().min(1).max(shardsMax)])
    .default('auto')
    .describe('How many gateway connections share its servers; `auto`: as many as Discord recommends.'),
  api_root: z.url().default('https://discord.com/api').describe('Another address of the REST API.'),
});
export type DiscordConfig = z.infer<typeof DiscordConfig>;
