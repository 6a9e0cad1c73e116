import type { Channel } from '../contract.js';
import { DingTalkConfig } from './config.js';

/** DingTalk: messages over a stream, answers by the robot API. */
export const dingtalk: Channel<DingTalkConfig> = {
  name: 'dingtalk',
  title: 'DingTalk',
  capabilities: {
    ...{ delivery: 'platform', holders: 'one', edit: true, typing: false, buttons: false, files: true, voice: true },
    ...{ markdown: 'own', textMax: 6_000, textUnit: 'bytes', idempotence: 'none', outboxesPerJob: 1 },
    ...{ filesBytesMax: 20_000_000, picturesBytesMax: 20_000_000 },
    // With a card that is configured.
    grows: { rates: [{ most: 20, seconds: 1 }], everyMs: 1_500 },
    rates: { account: [{ most: 20, seconds: 1 }], chat: [{ most: 20, seconds: 60 }], chatIn: ['group', 'person'] },
  },
  config: DingTalkConfig,
  secrets: ['client_secret'],
  load: async () => {
    const [{ parse }, { render }, { connect }] = await Promise.all([
      import('./parse.js'),
      import('./render.js'),
      import('./connect.js'),
    ]);
    return { parse, render, connect, addressOf: (to: string) => ({ person: to }) };
  },
};
