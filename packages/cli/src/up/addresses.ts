import type { Config } from '@queueclaw/runtime/settings';

const anyHost = new Set(['0.0.0.0', '::', '']);

const address = ({ host, port }: { readonly host: string; readonly port: number }): string => {
  const name = anyHost.has(host) ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
};

/** Where a browser on this machine finds the chat page and Bull Board. */
export function addresses(config: Config): { readonly chat: string; readonly console: string } {
  return { chat: `${address(config.server)}/`, console: `${address(config.console)}/queues` };
}
