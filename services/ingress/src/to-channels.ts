import type { Blobs } from '@queueclaw/blobs';
import { type Outgoing, renderReply } from '@queueclaw/channels';
import { AppError, toAppError } from '@queueclaw/contracts';
import type { SendGate } from '@queueclaw/mailbox';
import type { FromChannels } from './from-channels.js';
import type { SendReply } from './from-replies.js';
import { draftPlace } from './growing.js';
import { replyFile } from './reply-files.js';
import { sendInTurn } from './send-in-turn.js';

/**
 * Sends replies to platforms: rendered and split by the channel, each part under a key of its own, in order, from the first
 * one that the platform does not have; the first one into the message in which the answer grew, if it did. Each file is a part
 * behind the text, or a line that says why not. A reply for an account that is not connected here is tried again later, by
 * whoever holds it then.
 * @param gate keeps to what the platform takes, of all replicas together; absent: nothing is counted
 */
export function toChannels(
  accounts: Pick<FromChannels, 'find'>,
  gate?: SendGate,
  blobs: Pick<Blobs, 'get' | 'touch'> = nothingKept,
): SendReply {
  return async ({ tenant, conversation }, reply, key, signal, progress) => {
    const found = accounts.find(reply.route.channel, reply.route.account);
    const { channel, code, connection } = found ?? {};
    if (channel === undefined || code === undefined || connection?.send === undefined)
      throw new AppError('channel.down', { publicMessage: 'The account is not connected.', retryAfterMs: 5_000 });
    const { send, edit, discard } = connection;
    const to = reply.route;
    const { attachments: files = [] } = reply;
    const texts = renderReply(channel, code, reply);
    const last = texts.length + files.length - 1;
    const draft = progress.sent > 0 || edit === undefined ? undefined : await progress.draft?.();
    const grown = draft?.to === draftPlace(channel, to, conversation) ? draft.id : undefined;
    const takeAway = async (): Promise<void> => {
      if (grown !== undefined) await discard?.(grown, to, signal).catch(() => undefined);
    };
    for (const [part, content] of [...texts, ...files].entries()) {
      if (part < progress.sent) continue;
      // Who no longer holds the outbox sends nothing more.
      signal.throwIfAborted();
      const before = progress.waited || part > 0;
      const turn = { gate, channel, to, conversation, before, signal };
      const push = (out: Outgoing): Promise<unknown> => send(out, to, `${key}/${part}`, signal);
      if (!('id' in content)) {
        const change = edit !== undefined && grown !== undefined && part === 0;
        await (change
          ? // Into the message in which it grew; where that is gone, or cannot be changed any more, it is said anew.
            sendInTurn(turn, () => edit(grown, content, to, signal)).catch(
              onRefusal(() => takeAway().then(() => sendInTurn(turn, () => push(content)))),
            )
          : sendInTurn(turn, () => push(content)));
      } else {
        if (part === 0) await takeAway();
        const { out, instead } = await replyFile({ blobs, channel, code, tenant }, reply, content);
        const sent = sendInTurn(turn, () => push(out));
        await (out.file === undefined ? sent : sent.catch(onRefusal(() => sendInTurn(turn, () => push(instead)))));
      }
      if (part < last) await progress.record(part);
    }
  };
}

/** Without a store no file is there. */
const nothingKept: Pick<Blobs, 'get' | 'touch'> = { get: async () => undefined, touch: async () => false };

/** A platform that does not take a file for good may take a line about it; where it takes nothing, it refuses that too. */
const onRefusal =
  (then: () => Promise<unknown>) =>
  (thrown: unknown): Promise<unknown> => {
    const error = toAppError(thrown, 'channel.failed');
    return error.disposition === 'give-up' ? then() : Promise.reject(error);
  };
