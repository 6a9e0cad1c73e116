import type { Channel } from '../contract.js';
import { WeChatOfficialConfig } from './config.js';
import { mediaTypes } from './media.js';

/** A WeChat official account: signed webhooks, encrypted or plain, in; customer-service messages by the API out. */
export const wechatOfficial: Channel<WeChatOfficialConfig> = {
  name: 'wechat-official',
  title: 'WeChat official account',
  capabilities: {
    ...{ delivery: 'platform', holders: 'any', edit: false, typing: false, buttons: false, files: true, voice: true },
    ...{ markdown: 'none', textMax: 2_048, textUnit: 'bytes', idempotence: 'none', outboxesPerJob: 1 },
    ...{ filesBytesMax: 10_000_000, picturesBytesMax: 10_000_000, fileTypes: [...mediaTypes] },
    // WeChat documents limits of a day only.
    rates: { account: [{ most: 50, seconds: 1 }], chat: [{ most: 5, seconds: 1 }], chatIn: ['to'] },
  },
  config: WeChatOfficialConfig,
  secrets: ['app_secret', 'token', 'encoding_aes_key'],
  load: async () => {
    const [{ addressOf, parse }, { render }, { connect }] = await Promise.all([
      import('./parse.js'),
      import('./render.js'),
      import('./connect.js'),
    ]);
    return { parse, render, addressOf, connect };
  },
};
