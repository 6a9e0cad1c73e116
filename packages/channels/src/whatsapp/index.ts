import type { Channel } from '../contract.js';
import { WhatsAppConfig } from './config.js';

/** WhatsApp, by the Cloud API: signed webhooks in, Graph API out. */
export const whatsapp: Channel<WhatsAppConfig> = {
  name: 'whatsapp',
  title: 'WhatsApp',
  capabilities: {
    ...{ delivery: 'platform', holders: 'any', edit: false, typing: true, files: true, voice: true },
    ...{ filesBytesMax: 100_000_000, picturesBytesMax: 5_000_000 },
    buttons: { most: 3, labelMax: 20, textBytesMax: 256, messageMax: 900 },
    ...{ markdown: 'own', textMax: 4_096, textUnit: 'utf16', idempotence: 'none', outboxesPerJob: 1 },
    // To one person one every six seconds, of which 45 may come at once.
    rates: { account: [{ most: 80, seconds: 1 }], chat: [{ most: 45, seconds: 270 }], chatIn: ['to'] },
  },
  config: WhatsAppConfig,
  secrets: ['access_token', 'app_secret', 'verify_token'],
  load: async () => {
    const [{ parse }, { render }, { connect }] = await Promise.all([
      import('./parse.js'),
      import('./render.js'),
      import('./connect.js'),
    ]);
    return { parse, render, connect, addressOf: (to: string) => ({ to: to }) };
  },
};
