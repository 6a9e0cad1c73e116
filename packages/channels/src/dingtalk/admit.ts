import type { DingTalkConfig } from './config.js';
import { isAlone, type Message, personOf } from './message.js';

/** `hear`: it becomes mail. `ignore`: nothing happens. `stranger`: its writer is told whom to ask. */
export type Verdict = 'hear' | 'ignore' | 'stranger';

/** Decides who is heard. Of groups DingTalk brings only what mentions the robot. */
export function admit({ direct, allow, rooms, groups }: DingTalkConfig, message: Message): Verdict {
  if (isAlone(message)) {
    // Answers go to staff ids: somebody of another company cannot be answered alone.
    if (direct === 'off' || !message.senderStaffId) return 'ignore';
    return direct === 'open' || allow.includes(personOf(message)) ? 'hear' : 'stranger';
  }
  if (rooms === 'off') return 'ignore';
  return groups.length === 0 || groups.includes(message.conversationId) ? 'hear' : 'ignore';
}
