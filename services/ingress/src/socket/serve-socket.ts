import { AppError, toAppError } from '@queueclaw/contracts';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { RateLimit } from '../access/rate-limit.js';
import type { Caller, Tokens } from '../access/tokens.js';
import type { ServerParts } from '../http/server-parts.js';
import { languageOf } from '../routes/language.js';
import type { Census } from './census.js';
import { type FrameQueue, openFrameQueue } from './frame-queue.js';
import { closeCodes, openOutlet, type Outlet } from './outlet.js';
import { readFrame } from './read-frame.js';
import { callerByFrame, openSession, type Session } from './session.js';

/** What sockets are served with. */
export type SocketParts = ServerParts & { readonly tokens: Tokens; readonly limit: RateLimit };

const channelOf = ({ url = '' }: IncomingMessage): string =>
  /[?&]client=(web|terminal)(?:&|$)/.exec(url)?.[1] ?? 'websocket';

const refuse = (outlet: Outlet, error: AppError): void => {
  outlet.fail(error);
  outlet.close(error.code === 'sockets.too_many' ? closeCodes.tryAgainLater : closeCodes.policy, error.code);
};

/**
 * Serves one socket until it closes: lets the caller in, at once or by its first frame within `authMs`, then does what its
 * frames ask.
 */
export function serveSocket(
  { tokens, limit, fromLive, toMessages, logger }: SocketParts,
  census: Census,
  authMs: number,
  socket: WebSocket,
  request: IncomingMessage,
  known: Caller | undefined,
): void {
  const outlet = openOutlet(socket, logger);
  const language = languageOf(request.headers['accept-language']);
  const channel = channelOf(request);
  let session: Session | undefined;
  let queue: FrameQueue | undefined;
  let leave: (() => void) | undefined;
  const timer = setTimeout(() => refuse(outlet, new AppError('auth.required')), authMs);
  socket.on('close', () => {
    clearTimeout(timer);
    session?.stop();
    leave?.();
  });

  const admit = (caller: Caller): void => {
    clearTimeout(timer);
    leave?.();
    leave = census.enter(caller.id);
    session = openSession({ caller, channel, language, outlet, limit, fromLive, toMessages });
    queue = openFrameQueue(socket, session.handle);
    outlet.send({ type: 'ready' });
  };
  const orRefuse = (work: () => void): void => {
    try {
      work();
    } catch (thrown) {
      const error = toAppError(thrown);
      if (queue === undefined) refuse(outlet, error);
      else outlet.fail(error);
    }
  };

  socket.on('message', (data, isBinary) => {
    if (socket.readyState !== socket.OPEN) return;
    if (isBinary) return outlet.close(closeCodes.unsupported, 'text only');
    orRefuse(() => {
      const frame = readFrame((data as Buffer).toString('utf8'));
      if (queue === undefined) admit(callerByFrame(frame, tokens.find));
      else queue.add(frame);
    });
  });
  orRefuse(() => {
    if (known === undefined) leave = census.enter('unknown');
    else admit(known);
  });
}
