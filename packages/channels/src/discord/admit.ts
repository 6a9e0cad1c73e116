import type { DiscordConfig } from './config.js';
import { isSaid, type Message, speaksTo } from './message.js';

/** `hear`: it becomes mail. `ignore`: nothing happens. `stranger`: its writer is told whom to ask. */
export type Verdict = 'hear' | 'ignore' | 'stranger';

/** Decides who is heard. `self` is the bot's id. */
export function admit(config: DiscordConfig, self: string, message: Message): Verdict {
  if (!isSaid(message) || message.author.id === self) return 'ignore';
  const { guild_id: server, channel_id: channel, author } = message;
  if (server === undefined) {
    if (config.direct === 'off') return 'ignore';
    return config.direct === 'open' || config.allow.includes(author.id) ? 'hear' : 'stranger';
  }
  if (config.servers === 'off') return 'ignore';
  if (config.channels.length > 0 && !config.channels.includes(channel) && !config.channels.includes(server))
    return 'ignore';
  return config.servers === 'all' || speaksTo(self, message) ? 'hear' : 'ignore';
}
