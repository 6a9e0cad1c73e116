import { renderReply } from '@queueclaw/channels';
import { AppError } from '@queueclaw/contracts';
import type { SendGate } from '@queueclaw/mailbox';
import type { FromChannels } from './from-channels.js';
import type { SendReply } from './from-replies.js';
import { sendInTurn } from './send-in-turn.js';

/**
 * Sends replies to platforms: rendered and split by the channel, each part under a key of its own, in order, from the first
 * one that the platform does not have. A reply for an account that is not connected here is tried again later, by whoever
 * holds it then.
 * @param gate keeps to what the platform takes, of all replicas together; absent: nothing is counted
 */
export function toChannels(accounts: Pick<FromChannels, 'find'>, gate?: SendGate): SendReply {
  return async ({ conversation }, reply, key, signal, progress) => {
    const found = accounts.find(reply.route.channel, reply.route.account);
    const { channel, code, connection } = found ?? {};
    if (channel === undefined || code === undefined || connection?.send === undefined)
      throw new AppError('channel.down', { publicMessage: 'The account is not connected.', retryAfterMs: 5_000 });
    const { send } = connection;
    const to = reply.route;
    const parts = renderReply(channel, code, reply);
    for (const [part, out] of parts.entries()) {
      if (part < progress.sent) continue;
      // Who no longer holds the outbox sends nothing more.
      signal.throwIfAborted();
      const before = progress.waited || part > 0;
      const turn = { gate, channel, to, conversation, before, signal };
      await sendInTurn(turn, () => send(out, to, `${key}/${part}`, signal));
      if (part < parts.length - 1) await progress.record(part);
    }
  };
}
