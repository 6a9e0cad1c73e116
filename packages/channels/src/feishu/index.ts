import type { Channel } from '../contract.js';
import { FeishuConfig } from './config.js';

/** Feishu and Lark: encrypted, signed webhooks in, the Open Platform's API out. */
export const feishu: Channel<FeishuConfig> = {
  name: 'feishu',
  title: 'Feishu (Lark)',
  capabilities: {
    ...{ delivery: 'platform', holders: 'any', edit: true, typing: false, buttons: false, files: true, voice: true },
    ...{ filesBytesMax: 30_000_000, picturesBytesMax: 10_000_000 },
    ...{ markdown: 'own', textMax: 12_000, textUnit: 'bytes', idempotence: 'key', outboxesPerJob: 1 },
    // A post can be changed 20 times.
    grows: { rates: [{ most: 50, seconds: 1 }], everyMs: 2_500, most: 20 },
    rates: {
      account: [
        { most: 50, seconds: 1 },
        { most: 1_000, seconds: 60 },
      ],
      chat: [{ most: 5, seconds: 1 }],
      chatIn: ['chat'],
    },
  },
  config: FeishuConfig,
  secrets: ['app_secret', 'encrypt_key', 'verification_token'],
  load: async () => {
    const [{ parse }, { render }, { connect }] = await Promise.all([
      import('./parse.js'),
      import('./render.js'),
      import('./connect.js'),
    ]);
    return { parse, render, connect, addressOf: (to: string) => ({ chat: to }) };
  },
};
