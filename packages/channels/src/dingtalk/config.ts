import { z } from 'zod';

const id = z.string().min(1).max(128);

/** Settings of one robot of a company's own app. */
export const DingTalkConfig = z.strictObject({
  client_id: z.string().min(8).max(100).describe('Client ID (AppKey) of the app; also the code of its robot.'),
  client_secret: z.string().min(16).max(200).regex(/^\S+$/, 'must not be blank').describe('Client Secret (AppSecret).'),
  robot_code: id.optional().describe('The code of the robot, where it is not the Client ID.'),
  card_template_id: z
    .string()
    .min(8)
    .max(128)
    .regex(/^[\w.-]+$/, 'must be the id of a card, like 382e4302-….schema')
    .optional()
    .describe('An AI card of the card platform: answers grow in it. Absent: they come when they are whole.'),
  card_variable: z
    .string()
    .min(1)
    .max(64)
    .regex(/^\w+$/)
    .default('content')
    .describe('Its variable of streamed Markdown.'),
  media_root: z.url().default('https://oapi.dingtalk.com').describe('Another address to upload files to.'),
  api_root: z.url().default('https://api.dingtalk.com').describe('Another address of the API.'),
});
export type DingTalkConfig = z.infer<typeof DingTalkConfig>;
