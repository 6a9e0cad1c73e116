import type { ClientFrame } from '@queueclaw/contracts';
import type { WebSocket } from 'ws';

const waitingMax = 64;

/** Handles frames one after the other; what takes long to finish does not hold up the next (see Session.handle). */
export type FrameQueue = { add(frame: ClientFrame): void };

/**
 * Keeps the frames of a socket in order and their number bounded: with 64 unfinished ones the socket is not read any more,
 * until half of them are done.
 */
export function openFrameQueue(
  socket: WebSocket,
  handle: (frame: ClientFrame, done: () => void) => Promise<void>,
): FrameQueue {
  let tail: Promise<void> = Promise.resolve();
  let unfinished = 0;
  const done = (): void => {
    unfinished -= 1;
    if (socket.isPaused && unfinished <= waitingMax / 2) socket.resume();
  };
  return {
    add: (frame) => {
      unfinished += 1;
      if (unfinished >= waitingMax) socket.pause();
      tail = tail.then(() => handle(frame, done));
    },
  };
}
