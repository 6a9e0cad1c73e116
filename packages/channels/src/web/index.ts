import type { Channel } from '../contract.js';
import { streamCapabilities } from '../stream-capabilities.js';
import { WebConfig } from './config.js';

/** The chat page at `/`, on `/ws?client=web`. */
export const web: Channel<Record<string, never>> = {
  name: 'web',
  title: 'Chat page',
  capabilities: streamCapabilities,
  config: WebConfig,
  secrets: [],
  load: async () => {
    const [{ parse }, { render }] = await Promise.all([import('./parse.js'), import('./render.js')]);
    return { parse, render };
  },
};
