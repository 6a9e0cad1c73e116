import { z } from 'zod';

/** Settings of one bot. */
export const TelegramConfig = z.strictObject({
  token: z
    .string()
    .regex(/^[0-9]+:[A-Za-z0-9_-]{10,}$/, 'must be a bot token, like 123456:ABC…')
    .describe('The bot token that @BotFather gave.'),
  api_root: z
    .url()
    .default('https://api.telegram.org')
    .describe('Another address of the Bot API, for a server of your own.'),
});
export type TelegramConfig = z.infer<typeof TelegramConfig>;
