import type { Channel } from '../contract.js';
import { streamCapabilities } from '../stream-capabilities.js';
import { TerminalConfig } from './config.js';

/** The command line, on `/ws?client=terminal`. */
export const terminal: Channel<Record<string, never>> = {
  name: 'terminal',
  title: 'Terminal',
  capabilities: streamCapabilities,
  config: TerminalConfig,
  secrets: [],
  load: async () => {
    const [{ parse }, { render }] = await Promise.all([import('./parse.js'), import('./render.js')]);
    return { parse, render };
  },
};
