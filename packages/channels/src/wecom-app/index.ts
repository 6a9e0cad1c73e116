import type { Channel } from '../contract.js';
import { WeComAppConfig } from './config.js';

/** An app of a company's own in WeCom: encrypted, signed webhooks in, app messages by the API out. */
export const wecomApp: Channel<WeComAppConfig> = {
  name: 'wecom-app',
  title: 'WeCom app (WeChat Work)',
  capabilities: {
    ...{ delivery: 'platform', holders: 'any', edit: false, typing: false, buttons: false, files: true, voice: true },
    ...{ filesBytesMax: 20_000_000, picturesBytesMax: 10_000_000 },
    ...{ markdown: 'own', textMax: 2_048, textUnit: 'bytes', idempotence: 'none', outboxesPerJob: 1 },
    rates: {
      account: [{ most: 50, seconds: 1 }],
      chat: [
        { most: 30, seconds: 60 },
        { most: 1_000, seconds: 3_600 },
      ],
      chatIn: ['to'],
    },
  },
  config: WeComAppConfig,
  secrets: ['secret', 'token', 'encoding_aes_key'],
  load: async () => {
    const [{ addressOf, parse }, { render }, { connect }] = await Promise.all([
      import('./parse.js'),
      import('./render.js'),
      import('./connect.js'),
    ]);
    return { parse, render, addressOf, connect };
  },
};
