import { z } from 'zod';

/** Settings of one app (a bot of a company's own) in Feishu or Lark. */
export const FeishuConfig = z.strictObject({
  app_id: z
    .string()
    .regex(/^cli_[0-9a-f]{16}$/, 'must be an app id, cli_ and 16 signs')
    .describe('"Credentials & Basic Info", App ID.'),
  app_secret: z
    .string()
    .min(16)
    .max(200)
    .regex(/\S/, 'must not be blank')
    .describe('"Credentials & Basic Info", App Secret.'),
  encrypt_key: z
    .string()
    .min(8)
    .max(200)
    .regex(/^\S+$/, 'must not be blank')
    .describe('"Events & Callbacks", "Encryption Strategy": what calls are encrypted and signed with.'),
  verification_token: z
    .string()
    .min(8)
    .max(200)
    .regex(/^\S+$/, 'must not be blank')
    .describe('"Events & Callbacks", "Encryption Strategy": Verification Token.'),
  cards: z.boolean().default(false).describe('Answers are cards instead of posts; those grow as often as it takes.'),
  domain: z
    .url()
    .default('https://open.feishu.cn')
    .describe('The address of the Open Platform; for Lark https://open.larksuite.com.'),
});
export type FeishuConfig = z.infer<typeof FeishuConfig>;
