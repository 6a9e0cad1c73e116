import { z } from 'zod';

/** Settings of one telephone number. */
export const WhatsAppConfig = z.strictObject({
  phone_number_id: z
    .string()
    .regex(/^[0-9]{5,20}$/, 'must be an id, in quotes')
    .describe('The id of the number (not the number itself), from the app dashboard.'),
  access_token: z
    .string()
    .min(20)
    .max(500)
    .regex(/\S/, 'must not be blank')
    .describe('A token of a system user with whatsapp_business_messaging.'),
  app_secret: z
    .string()
    .min(16)
    .max(200)
    .regex(/\S/, 'must not be blank')
    .describe('What calls are signed with; "App settings", "Basic".'),
  verify_token: z
    .string()
    .min(8)
    .max(200)
    .regex(/\S/, 'must not be blank')
    .describe('A word of your choice, which the set-up of the webhook asks for.'),
  api_root: z.url().default('https://graph.facebook.com/v23.0').describe('Another address of the Graph API.'),
});
export type WhatsAppConfig = z.infer<typeof WhatsAppConfig>;
