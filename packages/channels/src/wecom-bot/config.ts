import { z } from 'zod';

/** Settings of one smart bot of a company in WeCom. */
export const WeComBotConfig = z.strictObject({
  bot_id: z
    .string()
    .regex(/^[\w-]{6,100}$/, 'must be letters and digits')
    .describe('The bot, "API mode", "Long connection": Bot ID.'),
  secret: z
    .string()
    .min(16)
    .max(200)
    .regex(/^\S+$/, 'must not be blank')
    .describe('The secret beside it; making a new one ends the old one.'),
  ws_url: z
    .url({ protocol: /^wss?$/ })
    .default('wss://openws.work.weixin.qq.com')
    .describe('Another address of the long connection, for a WeCom of one’s own.'),
});
export type WeComBotConfig = z.infer<typeof WeComBotConfig>;
