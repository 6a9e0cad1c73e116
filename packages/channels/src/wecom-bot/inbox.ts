import { AppError } from '@queueclaw/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { unreachable } from './failure.js';

const waitingMax = 1_000;

export type InboxOptions = {
  /** Makes a message durable. */
  readonly take: (frame: unknown) => Promise<void>;
  readonly trouble: (sentence: string | undefined) => void;
  /** Ends it; what waits then is lost. */
  readonly signal: AbortSignal;
};

/**
 * Takes messages one after another. WeCom does not bring a message again: what cannot be made durable at once waits here, at most
 * 1,000 messages, until it is; another one may listen meanwhile.
 */
export function openInbox({ take, trouble, signal }: InboxOptions): (frame: unknown) => void {
  let waiting = 0;
  let tail = Promise.resolve();
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
    if (waiting >= waitingMax) return trouble('Too many messages wait; one was lost.');
    waiting += 1;
    tail = tail.then(() => takeOne(frame)).finally(() => (waiting -= 1));
  };
}
