import type { Channel } from '../contract.js';
import { streamCapabilities } from '../stream-capabilities.js';
import { WebSocketConfig } from './config.js';

/** Programs on `/ws`. */
export const websocket: Channel<Record<string, never>> = {
  name: 'websocket',
  title: 'WebSocket API',
  capabilities: streamCapabilities,
  config: WebSocketConfig,
  secrets: [],
  load: async () => {
    const [{ parse }, { render }] = await Promise.all([import('./parse.js'), import('./render.js')]);
    return { parse, render };
  },
};
