import { z } from 'zod';

const id = z.string().regex(/^[A-Z0-9]{2,20}$/, 'must be an id, like U012ABCDEF');

/** Settings of one app in one workspace. */
export const SlackConfig = z.strictObject({
  bot_token: z
    .string()
    .regex(/^xoxb-/, 'must be a bot token, xoxb-…')
    .describe('The bot user OAuth token.'),
  signing_secret: z
    .string()
    .min(16)
    .max(200)
    .regex(/\S/, 'must not be blank')
    .describe('What Slack signs its calls with; under "Basic information".'),
  direct: z
    .enum(['allowlist', 'open', 'off'])
    .default('allowlist')
    .describe('Who may write to the bot alone. With `allowlist`, others are told their id.'),
  rooms: z
    .enum(['mention', 'all', 'off'])
    .default('mention')
    .describe('What the bot hears in channels: what mentions it, everything, or nothing.'),
  allow: z.array(id).max(10_000).default([]).describe('Ids of people who may write to the bot alone.'),
  channels: z.array(id).max(10_000).default([]).describe('Ids of the channels it hears; empty: all it was invited to.'),
  api_root: z.url().default('https://slack.com/api').describe('Another address of the Web API.'),
});
export type SlackConfig = z.infer<typeof SlackConfig>;
