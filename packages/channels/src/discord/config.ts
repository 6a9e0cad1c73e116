import { z } from 'zod';

/** Settings of one bot. */
export const DiscordConfig = z.strictObject({
  token: z
    .string()
    .min(20)
    .max(200)
    .regex(/\S/, 'must not be blank')
    .describe('The bot token from the developer portal.'),
  api_root: z.url().default('https://discord.com/api').describe('Another address of the REST API.'),
});
export type DiscordConfig = z.infer<typeof DiscordConfig>;
