import { z } from 'zod';

const address = z
  .string()
  .max(256)
  .regex(/^[^\s@/"&'<>:]+@[^\s@/]+$/, 'must be an address, like claw@example.org');

/** Settings of one account of an XMPP server. */
export const XmppConfig = z.strictObject({
  jid: address.describe('The address of the account, like claw@example.org.'),
  password: z.string().min(1).max(1_024).regex(/\S/, 'must not be blank').describe('The password of the account.'),
  service: z
    .string()
    .regex(/^xmpps?:\/\/[^\s/@]+$/, 'must be like xmpp://host:5222, or xmpps:// for TLS from the start')
    .optional()
    .describe('Where the server is; without it the domain of the address is looked up.'),
  nick: z
    .string()
    .min(1)
    .max(64)
    .regex(/^\S(.*\S)?$/, 'must not begin or end with a space')
    .optional()
    .describe('Its name in rooms; without it the first part of the address.'),
  rooms: z
    .array(address)
    .max(50)
    .default([])
    .describe('The rooms it enters. Who is heard there says `access` of the channel.'),
  file_origins: z
    .array(z.string().regex(/^https?:\/\/[^\s/@?#]+$/, 'must be like https://upload.example.org:5281'))
    .max(20)
    .default([])
    .describe(
      'Where files may lie though the address is private or not over TLS, like an upload service in the own network.',
    ),
});
export type XmppConfig = z.infer<typeof XmppConfig>;
