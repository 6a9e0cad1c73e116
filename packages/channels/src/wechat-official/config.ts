import { z } from 'zod';

const aesKey = /^[A-Za-z0-9]{43}$/;

/** Settings of one official account (a service account that is verified). */
export const WeChatOfficialConfig = z
  .strictObject({
    app_id: z
      .string()
      .regex(/^wx[0-9a-f]{16}$/, 'must be an id, wx and 16 signs')
      .describe('"Basic configuration", AppID.'),
    app_secret: z.string().min(16).max(200).regex(/^\S+$/, 'must not be blank').describe('AppSecret.'),
    token: z
      .string()
      .regex(/^[A-Za-z0-9]{3,32}$/, 'must be 3 to 32 letters and digits')
      .describe('"Server configuration", Token: what calls are signed with.'),
    encoding_aes_key: z
      .string()
      .regex(aesKey, 'must be 43 letters and digits')
      .optional()
      .describe('EncodingAESKey: what calls are encrypted with in the mode `encrypted`.'),
    mode: z
      .enum(['encrypted', 'plain'])
      .default('encrypted')
      .describe('"Message encryption": secure mode, or plain text, whose signature says nothing about the message.'),
    api_root: z.url().default('https://api.weixin.qq.com').describe('Another address of the API.'),
  })
  .refine(({ mode, encoding_aes_key: key }) => mode === 'plain' || key !== undefined, {
    path: ['encoding_aes_key'],
    message: 'is missing; the mode is `encrypted`',
  });
export type WeChatOfficialConfig = z.infer<typeof WeChatOfficialConfig>;
