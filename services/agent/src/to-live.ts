import type { LiveEvent } from '@queueclaw/contracts';
import type { Lease } from '@queueclaw/mailbox';

/** A window of deltas, milliseconds: what people see as continuous. */
const windowMs = 45;

export type LiveText = {
  add(text: string): void;
  /** What was said so far is void: the next piece replaces it. */
  restart(): void;
  /** The events not written yet; nothing is written by itself afterwards. */
  end(): LiveEvent[];
};

/**
 * Writes a streaming answer to the conversation's live stream: the first piece as soon as the event loop is free, then one
 * write a window. An answer that is complete before the first write needs none: its reply follows at once.
 * @param again this step was asked before under the same epoch: what it said then is void
 * @param onStale the epoch is no longer ours
 */
export function toLive(lease: Lease, turn: number, step: number, again: boolean, onStale: () => void): LiveText {
  let text = '';
  let said = again;
  let isVoid = again;
  let started = false;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;

  const take = (): LiveEvent[] => {
    if (text === '') return [];
    const event: LiveEvent = {
      type: 'delta',
      turn,
      step,
      attempt: lease.epoch,
      text,
      ...(isVoid ? { replace: true } : {}),
    };
    [text, said, isVoid] = ['', true, false];
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
    restart: () => {
      text = '';
      isVoid = said;
    },
    end: () => {
      ended = true;
      clearTimeout(timer);
      // Nothing came in the place of what is void.
      if (isVoid && text === '') return [{ type: 'delta', turn, step, attempt: lease.epoch, text: '', replace: true }];
      return take();
    },
  };
}
