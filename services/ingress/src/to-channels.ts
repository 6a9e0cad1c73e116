import { renderReply } from '@queueclaw/channels';
import { AppError, toAppError } from '@queueclaw/contracts';
import type { FromChannels } from './from-channels.js';
import type { SendReply } from './from-replies.js';

/**
 * Sends replies to platforms: rendered and split by the channel, each part under a key of its own, in order, from the first
 * one that the platform does not have. A reply for an account that is not connected here is tried again later, by whoever
 * holds it then.
 */
export function toChannels(accounts: Pick<FromChannels, 'find'>): SendReply {
  return async (_address, reply, key, signal, progress) => {
    const found = accounts.find(reply.route.channel, reply.route.account);
    if (found?.connection.send === undefined) throw new AppError('channel.failed', { retryAfterMs: 5_000 });
    const parts = renderReply(found.channel, found.code, reply);
    for (const [part, out] of parts.entries()) {
      if (part < progress.sent) continue;
      // Who no longer holds the outbox sends nothing more.
      signal.throwIfAborted();
      try {
        await found.connection.send(out, reply.route, `${key}/${part}`, signal);
      } catch (thrown) {
        throw toAppError(thrown, 'channel.failed');
      }
      if (part < parts.length - 1) await progress.record(part);
    }
  };
}
