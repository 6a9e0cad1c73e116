import type { ActorAddress, ServerFrame } from '@queueclaw/contracts';
import type { Conversations, LiveEntry } from '@queueclaw/conversations';

/** Follows a conversation for a socket. Resolves once it follows; the function that comes back ends it. */
export type FromLive = (
  address: ActorAddress,
  cursor: string | undefined,
  send: (frame: ServerFrame) => void,
) => Promise<() => void>;

const frame = (conversation: string, { cursor, event }: LiveEntry): ServerFrame => ({ ...event, conversation, cursor });

/**
 * Live events as frames: `subscribed` with the position it starts at (after `gap`, when the cursor has expired), then
 * deltas, tool activity and replies in order.
 */
export function fromLive(conversations: Conversations): FromLive {
  return async (address, cursor, send) => {
    const { conversation } = address;
    const early: ServerFrame[] = [];
    let open = false;
    const following = await conversations.follow(address, cursor, (entry) => {
      if (open) send(frame(conversation, entry));
      else early.push(frame(conversation, entry));
    });
    if (following.gap) send({ type: 'gap', conversation });
    send({ type: 'subscribed', conversation, cursor: following.cursor });
    for (const one of early) send(one);
    open = true;
    return following.stop;
  };
}
