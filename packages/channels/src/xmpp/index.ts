import type { Channel } from '../contract.js';
import { XmppConfig } from './config.js';

/** XMPP: one account of any server, for single chats and rooms. */
export const xmpp: Channel<XmppConfig> = {
  name: 'xmpp',
  title: 'XMPP',
  capabilities: {
    ...{ delivery: 'platform', holders: 'one', edit: false, typing: true, buttons: false, files: true, voice: true },
    ...{ markdown: 'own', textMax: 6_000, textUnit: 'bytes', idempotence: 'none', outboxesPerJob: 1 },
    // What most servers take; the account's own one says when it is less.
    filesBytesMax: 52_428_800,
    // Servers have limits of their own, mostly in bytes a second; these are modest.
    rates: { account: [{ most: 20, seconds: 1 }], chat: [{ most: 5, seconds: 1 }], chatIn: ['room', 'to'] },
  },
  config: XmppConfig,
  secrets: ['password'],
  load: async () => {
    const [{ addressOf, parse }, { render }, { connect }] = await Promise.all([
      import('./parse.js'),
      import('./render.js'),
      import('./connect.js'),
    ]);
    return { parse, render, addressOf, connect };
  },
};
