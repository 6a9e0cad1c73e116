import type { Channel, ChannelCode, Connection } from '@queueclaw/channels/names';
import { AppError } from '@queueclaw/contracts';
import { CommandError } from '../exit-code.js';
import { tell } from '../phrases/index.js';

const limitMs = 30_000;

/** An account of a platform, connected from here. It hears nothing: the running system does. */
export type Account = {
  readonly code: ChannelCode<unknown>;
  readonly connection: Connection;
  /** What the platform calls the bot; undefined when it does not say. */
  readonly who: string | undefined;
  readonly signal: AbortSignal;
};

/** The settings that are missing or wrong, as a sentence; undefined when there are none. */
export function settingsProblem(channel: Channel, config: unknown): string | undefined {
  const parsed = channel.config.safeParse(config);
  if (parsed.success) return undefined;
  const issues = parsed.error.issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
  return issues.join('; ');
}

/**
 * Asks the platform with these settings, and works with the account; at most 30 s in all.
 * @throws AppError `channel.rejected`, `channel.failed`; CommandError `config.invalid` when settings are missing or wrong
 */
export async function withAccount<T>(
  channel: Channel,
  account: string,
  config: unknown,
  work: (account: Account) => Promise<T>,
): Promise<T> {
  const wrong = settingsProblem(channel, config);
  if (wrong !== undefined) throw new CommandError(`${channel.name}/${account}: ${wrong}`, 1, 'config.invalid');
  const code = await channel.load();
  if (code.connect === undefined)
    throw new CommandError(tell('error.no_connection', { name: channel.name }), 2, 'request.invalid');
  const stopping = new AbortController();
  const late = setTimeout(() => stopping.abort(), limitMs);
  try {
    const connection = await code.connect(channel.config.parse(config), {
      account,
      signal: stopping.signal,
      notes: { read: async () => undefined, write: async () => undefined },
      trouble: () => undefined,
      receive: () => Promise.reject(new AppError('system.unavailable')),
    });
    try {
      return await work({ code, connection, who: connection.title ?? connection.self, signal: stopping.signal });
    } finally {
      await connection.stop().catch(() => undefined);
    }
  } finally {
    clearTimeout(late);
    stopping.abort();
  }
}
