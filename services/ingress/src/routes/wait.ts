import { AppError, type ActorAddress, type MessageStatus, type ServerFrame } from '@queueclaw/contracts';
import { duration } from '@queueclaw/runtime';
import type { FromLive } from '../from-live.js';

const Wait = duration('1s', '120s');

/**
 * `?wait=30s` in milliseconds; undefined without one.
 * @throws AppError `request.invalid` unless it is between 1 s and 120 s
 */
export function waitMsOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const parsed = typeof value === 'string' ? Wait.safeParse(value) : undefined;
  if (parsed?.success) return parsed.data;
  throw new AppError('request.invalid', { publicMessage: 'wait: must be a duration between 1s and 120s, like 30s' });
}

/** The reply to one message, on its way. Call `stop` in every case. */
export type ExpectedReply = {
  /** The reply; undefined when it did not come within `ms` or before a signal aborted. */
  within(ms: number, signals: readonly AbortSignal[]): Promise<MessageStatus | undefined>;
  stop(): void;
};

const statusOf = (id: string, frame: Extract<ServerFrame, { type: 'reply' }>): MessageStatus => ({
  id,
  conversation: frame.conversation,
  status: frame.status,
  reply: {
    text: frame.text,
    answers: frame.answers,
    ...(frame.attachments === undefined ? {} : { attachments: frame.attachments }),
  },
  turn: frame.turn,
  ...(frame.usage === undefined ? {} : { usage: frame.usage }),
  ...(frame.error === undefined ? {} : { error: frame.error }),
});

/** Starts to look out for the reply to a message. Do it before the message is accepted: then no reply can be missed. */
export async function expectReply(fromLive: FromLive, address: ActorAddress, id: string): Promise<ExpectedReply> {
  const { promise, resolve } = Promise.withResolvers<MessageStatus | undefined>();
  const stop = await fromLive(address, undefined, (frame) => {
    if (frame.type === 'reply' && frame.answers.includes(id)) resolve(statusOf(id, frame));
  });
  return {
    within: async (ms, signals) => {
      const timer = setTimeout(() => resolve(undefined), ms);
      const giveUp = (): void => resolve(undefined);
      for (const signal of signals) {
        if (signal.aborted) giveUp();
        signal.addEventListener('abort', giveUp, { once: true });
      }
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener('abort', giveUp);
      }
    },
    stop,
  };
}
