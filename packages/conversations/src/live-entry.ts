import { LiveEvent, Reply } from '@queueclaw/contracts';
import { parseJson } from '@queueclaw/mailbox';
import { replyEvent } from './message-status.js';
import type { LiveEntry } from './types.js';

/** An entry of the live stream, `cursor \n kind \n JSON` (`e` event, `r` delivered reply); undefined when unreadable. */
export function liveEntry(text: string): LiveEntry | undefined {
  const first = text.indexOf('\n');
  const second = text.indexOf('\n', first + 1);
  const cursor = text.slice(0, first);
  const kind = text.slice(first + 1, second);
  const value = parseJson(text.slice(second + 1));
  if (kind === 'r') {
    const reply = Reply.safeParse(value);
    return reply.success ? { cursor, event: replyEvent(reply.data) } : undefined;
  }
  const event = LiveEvent.safeParse(value);
  return event.success ? { cursor, event: event.data } : undefined;
}

/** True when stream id `a` comes after `b`. */
export function isAfter(a: string, b: string): boolean {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return aMs > bMs || (aMs === bMs && aSeq > bSeq);
}
