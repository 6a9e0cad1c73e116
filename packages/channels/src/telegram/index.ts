import type { Channel } from '../contract.js';
import { TelegramConfig } from './config.js';

/** Telegram, by the Bot API. */
export const telegram: Channel<TelegramConfig> = {
  name: 'telegram',
  title: 'Telegram',
  capabilities: {
    ...{ delivery: 'platform', holders: 'one', edit: true, typing: true, files: true, voice: true },
    ...{ filesBytesMax: 50_000_000, picturesBytesMax: 10_000_000 },
    buttons: { most: 100, labelMax: 64, textBytesMax: 64, messageMax: 4_096 },
    ...{ markdown: 'own', textMax: 4_096, textUnit: 'utf16', idempotence: 'none', outboxesPerJob: 1 },
    // Of changes Telegram says nothing.
    grows: { rates: [{ most: 20, seconds: 1 }], everyMs: 1_500 },
    // A chat takes one a second; a group, whose id is negative, 20 a minute.
    rates: {
      account: [{ most: 30, seconds: 1 }],
      chat: [{ most: 1, seconds: 1 }],
      group: { prefix: '-', rates: [{ most: 20, seconds: 60 }] },
      chatIn: ['chat'],
    },
  },
  config: TelegramConfig,
  secrets: ['token', 'webhook_secret'],
  calledWith: 'webhook_url',
  load: async () => {
    const [{ parse }, { render }, { connect }] = await Promise.all([
      import('./parse.js'),
      import('./render.js'),
      import('./connect.js'),
    ]);
    return { parse, render, connect, addressOf: (to: string) => ({ chat: to }) };
  },
};
