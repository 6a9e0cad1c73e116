import type { LiveEvent } from '@queueclaw/contracts';
import type { Lease } from '@queueclaw/mailbox';

/** A window of deltas, milliseconds: what people see as continuous. */
const windowMs = 45;

export type LiveText = {
  add(text: string): void;
  /** The events not written yet; nothing is written by itself afterwards. */
  end(): LiveEvent[];
};

/**
 * Writes a streaming answer to the conversation's live stream: the first piece as soon as the event loop is free, then one
 * write a window. An answer that is complete before the first write needs none: its reply follows at once.
 * @param onStale the epoch is no longer ours
 */
export function toLive(lease: Lease, turn: number, step: number, onStale: () => void): LiveText {
  let text = '';
  let started = false;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;

  const take = (): LiveEvent[] => {
    if (text === '') return [];
    const event: LiveEvent = { type: 'delta', turn, step, attempt: lease.epoch, text };
    text = '';
    return [event];
  };
  const write = (): void => {
    timer = undefined;
    if (ended) return;
    const events = take();
    if (events.length === 0) return;
    // What cannot be written now is provisional anyway; the reply carries the whole text.
    lease.appendLive(events).then(
      (ours) => (ours ? undefined : onStale()),
      () => undefined,
    );
    timer = setTimeout(write, windowMs);
  };

  return {
    add: (piece) => {
      text += piece;
      if (!started) {
        started = true;
        setImmediate(write);
      } else if (timer === undefined && !ended) timer = setTimeout(write, windowMs);
    },
    end: () => {
      ended = true;
      clearTimeout(timer);
      return take();
    },
  };
}
