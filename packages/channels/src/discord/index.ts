import type { Channel } from '../contract.js';
import { DiscordConfig } from './config.js';

/** Discord: messages over the gateway, answers over REST. */
export const discord: Channel<DiscordConfig> = {
  name: 'discord',
  title: 'Discord',
  capabilities: {
    ...{ delivery: 'platform', holders: 'one', edit: true, typing: true, files: true, voice: true },
    ...{ filesBytesMax: 10_000_000, picturesBytesMax: 10_000_000 },
    buttons: { most: 25, labelMax: 80, textBytesMax: 100, messageMax: 2_000 },
    ...{ markdown: 'full', textMax: 2_000, textUnit: 'utf16', idempotence: 'key', outboxesPerJob: 1 },
    grows: { rates: [{ most: 40, seconds: 1 }], everyMs: 1_500 },
    rates: { account: [{ most: 50, seconds: 1 }], chat: [{ most: 5, seconds: 5 }], chatIn: ['channel'] },
  },
  config: DiscordConfig,
  secrets: ['token'],
  load: async () => {
    const [{ parse }, { render }, { connect }] = await Promise.all([
      import('./parse.js'),
      import('./render.js'),
      import('./connect.js'),
    ]);
    return { parse, render, connect, addressOf: (to: string) => ({ channel: to }) };
  },
};
