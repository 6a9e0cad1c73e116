import type { Channel } from '../contract.js';
import { WeComBotConfig } from './config.js';

/** A smart bot of a company in WeCom: one line for messages and answers. */
export const wecomBot: Channel<WeComBotConfig> = {
  name: 'wecom-bot',
  title: 'WeCom bot (WeChat Work)',
  capabilities: {
    ...{ delivery: 'platform', holders: 'one', sends: 'holder', edit: true, typing: false, buttons: false },
    ...{ files: true, voice: true, markdown: 'full', textMax: 20_480, textUnit: 'bytes', idempotence: 'none' },
    outboxesPerJob: 1,
    grows: { rates: [{ most: 30, seconds: 60 }], everyMs: 2_000 },
    ...{ filesBytesMax: 10_000_000, picturesBytesMax: 10_000_000 },
    rates: {
      account: [{ most: 50, seconds: 1 }],
      chat: [
        { most: 30, seconds: 60 },
        { most: 1_000, seconds: 3_600 },
      ],
      chatIn: ['chat'],
    },
  },
  config: WeComBotConfig,
  secrets: ['secret'],
  load: async () => {
    const [{ addressOf, parse }, { render }, { connect }] = await Promise.all([
      import('./parse.js'),
      import('./render.js'),
      import('./connect.js'),
    ]);
    return { parse, render, addressOf, connect };
  },
};
