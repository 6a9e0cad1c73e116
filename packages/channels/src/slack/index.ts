import type { Channel } from '../contract.js';
import { SlackConfig } from './config.js';

/** Slack: the Events API over a webhook or socket mode, answers by the Web API. */
export const slack: Channel<SlackConfig> = {
  name: 'slack',
  title: 'Slack',
  capabilities: {
    ...{ delivery: 'platform', holders: 'any', edit: true, typing: false, files: true, voice: true },
    ...{ filesBytesMax: 100_000_000, picturesBytesMax: 100_000_000 },
    buttons: { most: 25, labelMax: 75, textBytesMax: 2_000, messageMax: 3_500 },
    ...{ markdown: 'own', textMax: 4_000, textUnit: 'utf16', idempotence: 'none', outboxesPerJob: 1 },
    // `chat.update` is of tier 3: 50 a minute in a workspace.
    grows: { rates: [{ most: 50, seconds: 60 }], everyMs: 3_000 },
    // One a second in a channel; of a workspace Slack says "several hundred a minute".
    rates: { account: [{ most: 300, seconds: 60 }], chat: [{ most: 1, seconds: 1 }], chatIn: ['channel'] },
  },
  config: SlackConfig,
  secrets: ['bot_token', 'signing_secret', 'app_token'],
  load: async () => {
    const [{ parse }, { render }, { connect }] = await Promise.all([
      import('./parse.js'),
      import('./render.js'),
      import('./connect.js'),
    ]);
    return { parse, render, connect, addressOf: (to: string) => ({ channel: to }) };
  },
};
