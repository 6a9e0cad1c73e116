import { LiveEvent, Reply } from '@queueclaw/contracts';
import { parseJson } from '@queueclaw/mailbox';
import { replyEvent } from './message-status.js';
import type { LiveEntry } from './types.js';

/** An event of the live stream from its kind (`e` event, `r` delivered reply) and JSON; undefined when unreadable. */
export function liveEntry(cursor: string, kind: string, json: string): LiveEntry | undefined {
  const value = parseJson(json);
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
