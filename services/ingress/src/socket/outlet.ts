import type { AppError, ServerFrame } from '@queueclaw/contracts';
import type { Logger } from '@queueclaw/runtime';
import type { WebSocket } from 'ws';
import { publicError } from '../http/error-reply.js';

/** How much may wait for a client that reads too slowly. */
const bufferBytesMax = 4 * 1_048_576;

/** Close codes of RFC 6455 and its registry, as we use them. */
export const closeCodes = { goingAway: 1001, unsupported: 1003, policy: 1008, tryAgainLater: 1013 } as const;

/** The way to a client. */
export type Outlet = {
  send(frame: ServerFrame): void;
  /** Tells an error; `id` is the message that it is about. */
  fail(error: AppError, id?: string): void;
  close(code: number, reason: string): void;
};

/** Sends frames as long as the client keeps up; one that does not is cut off, and can come back with its cursor. */
export function openOutlet(socket: WebSocket, logger: Pick<Logger, 'info'>): Outlet {
  const send = (frame: ServerFrame): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > bufferBytesMax) {
      logger.info({ bufferedBytes: socket.bufferedAmount }, 'a client reads too slowly and is cut off');
      // A closing frame would stand behind everything the client has not read.
      return socket.terminate();
    }
    socket.send(JSON.stringify(frame));
  };
  return {
    send,
    fail: (error, id) => send({ type: 'error', ...publicError(error), ...(id === undefined ? {} : { id }) }),
    close: (code, reason) => socket.close(code, reason),
  };
}
