import type { TelegramConfig } from './config.js';
import { speaksTo, type Update, wordsOf } from './update.js';

/** `hear`: it becomes mail. `ignore`: nothing happens. `stranger`: its writer is told whom to ask. */
export type Verdict = 'hear' | 'ignore' | 'stranger';

const isGroupId = (id: string): boolean => id.startsWith('-');

/** Decides who is heard. `username` is the bot's own. */
export function admit(config: TelegramConfig, username: string | undefined, update: Update): Verdict {
  const words = wordsOf(update);
  if (words?.message.from === undefined) return 'ignore';
  const { chat, from } = words.message;
  const known = (id: number): boolean => config.allow.includes(String(id));
  if (chat.type === 'private') {
    if (config.direct === 'off') return 'ignore';
    return config.direct === 'open' || known(from.id) ? 'hear' : 'stranger';
  }
  if (config.groups === 'off') return 'ignore';
  if (config.allow.some(isGroupId) && !known(chat.id)) return 'ignore';
  return config.groups === 'all' || speaksTo(username, words) ? 'hear' : 'ignore';
}
