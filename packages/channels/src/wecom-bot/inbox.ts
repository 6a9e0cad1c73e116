import { AppError } from '@queueclaw/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { createLanes } from '../lanes.js';
import { unreachable } from './failure.js';

const waitingMax = 1_000;
const Id = z.string().max(256).optional();
const Chat = z.object({ body: z.object({ chatid: Id, from: z.object({ userid: Id }) }) });

const chatOf = (frame: unknown): string => {
  const { body } = Chat.safeParse(frame).data ?? {};
  return JSON.stringify([body?.chatid, body?.chatid === undefined ? body?.from.userid : '']);
};

export type InboxOptions = {
  /** Makes a message durable. */
  readonly take: (frame: unknown) => Promise<void>;
  readonly trouble: (sentence: string | undefined) => void;
  /** Ends it; what waits then is lost. */
  readonly signal: AbortSignal;
};

/**
 * Takes messages, those of a chat one after another. WeCom does not bring a message again: what cannot be made durable at once
 * waits here, at most 1,000 messages, until it is; another one may listen meanwhile.
 */
export function openInbox({ take, trouble, signal }: InboxOptions): (frame: unknown) => void {
  const lanes = createLanes(waitingMax);
  const takeOne = async (frame: unknown): Promise<void> => {
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        await take(frame);
        if (tries > 0) trouble(undefined);
        return;
      } catch (thrown) {
        const error = thrown instanceof AppError ? thrown : unreachable();
        trouble(error.publicMessage);
        if (error.disposition === 'give-up') return;
        await pause(Math.min(250 * 2 ** Math.min(tries, 6), 10_000), undefined, { signal }).catch(() => undefined);
      }
    }
  };
  return (frame) => {
    void lanes.run(chatOf(frame), () => takeOne(frame)).catch(() => trouble('Too many messages wait; one was lost.'));
  };
}
