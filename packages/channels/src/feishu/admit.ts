import type { FeishuConfig } from './config.js';
import type { Words } from './event.js';

/** `hear`: it becomes mail. `ignore`: nothing happens. `stranger`: its writer is told whom to ask. */
export type Verdict = 'hear' | 'ignore' | 'stranger';

/** Decides who is heard. */
export function admit(config: FeishuConfig, self: string, words: Words): Verdict {
  if (words.user === self) return 'ignore';
  if (words.alone) {
    if (config.direct === 'off') return 'ignore';
    return config.direct === 'open' || config.allow.includes(words.user) ? 'hear' : 'stranger';
  }
  if (config.rooms === 'off') return 'ignore';
  if (config.chats.length > 0 && !config.chats.includes(words.chat)) return 'ignore';
  return config.rooms === 'all' || words.mentions.includes(self) ? 'hear' : 'ignore';
}
