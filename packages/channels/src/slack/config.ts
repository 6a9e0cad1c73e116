import { z } from 'zod';

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
  app_token: z
    .string()
    .regex(/^xapp-/, 'must be an app-level token, xapp-…')
    .optional()
    .describe(
      'An app-level token: then the app is listened to by socket mode, and no address that Slack can reach is needed.',
    ),
  api_root: z.url().default('https://slack.com/api').describe('Another address of the Web API.'),
});
export type SlackConfig = z.infer<typeof SlackConfig>;
