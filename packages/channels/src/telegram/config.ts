import { z } from 'zod';

const isPublic = (url: string): boolean => /^https:|^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(url);

/** Settings of one bot. */
export const TelegramConfig = z
  .strictObject({
    token: z
      .string()
      .regex(/^[0-9]+:[A-Za-z0-9_-]{10,}$/, 'must be a bot token, like 123456:ABC…')
      .describe('The bot token that @BotFather gave.'),
    api_root: z
      .url()
      .default('https://api.telegram.org')
      .describe('Another address of the Bot API, for a server of your own.'),
    reaction: z
      .enum(['👀', '👍', '👌', '✍', '🤔', '⚡'])
      .optional()
      .describe('A sign that the bot puts on each message that it has taken.'),
    webhook_url: z
      .url()
      .max(200)
      .refine(isPublic, 'must be https')
      .optional()
      .describe(
        'The public address of the ingress: Telegram calls <it>/channels/telegram/<account> instead of being polled.',
      ),
    webhook_secret: z
      .string()
      .regex(/^[A-Za-z0-9_-]{16,256}$/, 'must be 16 to 256 of A-Z, a-z, 0-9, _ and -')
      .optional()
      .describe('What those calls carry; needed with webhook_url.'),
  })
  .refine((all) => (all.webhook_url === undefined) === (all.webhook_secret === undefined), {
    message: 'webhook_url and webhook_secret belong together',
    path: ['webhook_secret'],
  });
export type TelegramConfig = z.infer<typeof TelegramConfig>;
