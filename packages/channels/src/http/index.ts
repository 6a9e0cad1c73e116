import type { Channel } from '../contract.js';
import { streamCapabilities } from '../stream-capabilities.js';
import { HttpConfig } from './config.js';

/** `POST /api/message`. */
export const http: Channel<Record<string, never>> = {
  name: 'http',
  title: 'HTTP API',
  capabilities: streamCapabilities,
  config: HttpConfig,
  secrets: [],
  load: async () => {
    const [{ parse }, { render }] = await Promise.all([import('./parse.js'), import('./render.js')]);
    return { parse, render };
  },
};
