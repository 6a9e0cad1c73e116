import { z } from 'zod';

const solid = /^\S+$/;

/** Settings of one app of a company's own in WeCom. */
export const WeComAppConfig = z.strictObject({
  corp_id: z
    .string()
    .regex(/^w[wx][0-9A-Za-z]{6,62}$/, 'must be a company id, like ww…')
    .describe('"My company", Company ID.'),
  agent_id: z
    .union([z.int().nonnegative(), z.string().regex(/^\d{1,12}$/, 'must be a number')])
    .transform(String)
    .describe('The app, AgentId.'),
  secret: z.string().min(16).max(200).regex(solid, 'must not be blank').describe('The app, Secret.'),
  token: z
    .string()
    .regex(/^[A-Za-z0-9]{3,32}$/, 'must be 3 to 32 letters and digits')
    .describe('"Receive messages", Token: what calls are signed with.'),
  encoding_aes_key: z
    .string()
    .regex(/^[A-Za-z0-9]{43}$/, 'must be 43 letters and digits')
    .describe('"Receive messages", EncodingAESKey: what calls are encrypted with.'),
  format: z
    .enum(['markdown', 'text'])
    .default('markdown')
    .describe('How answers are sent. WeChat itself, beside WeCom, shows `text` only.'),
  api_root: z.url().default('https://qyapi.weixin.qq.com').describe('Another address of the API.'),
});
export type WeComAppConfig = z.infer<typeof WeComAppConfig>;
