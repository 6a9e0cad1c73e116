import { z } from 'zod';

const id = (prefix: string): z.ZodString =>
  z.string().regex(new RegExp(`^${prefix}_[a-zA-Z0-9]{4,64}$`), `must be an id, like ${prefix}_…`);

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
  direct: z
    .enum(['allowlist', 'open', 'off'])
    .default('allowlist')
    .describe('Who may write to the bot alone. With `allowlist`, others are told their id.'),
  rooms: z
    .enum(['mention', 'all', 'off'])
    .default('mention')
    .describe('What the bot hears in groups: what mentions it, everything, or nothing.'),
  allow: z.array(id('ou')).max(10_000).default([]).describe('Open ids of people who may write to the bot alone.'),
  chats: z.array(id('oc')).max(10_000).default([]).describe('Ids of the groups it hears; empty: all it is in.'),
  domain: z
    .url()
    .default('https://open.feishu.cn')
    .describe('The address of the Open Platform; for Lark https://open.larksuite.com.'),
});
export type FeishuConfig = z.infer<typeof FeishuConfig>;
