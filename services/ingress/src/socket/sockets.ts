import { AppError, toAppError } from '@queueclaw/contracts';
import { gauge } from '@queueclaw/runtime';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { authenticate } from '../access/guard.js';
import type { Origins } from '../access/origins.js';
import type { Caller } from '../access/tokens.js';
import { rawError } from '../http/broken-request.js';
import { createCensus } from './census.js';
import { startHeartbeat } from './heartbeat.js';
import { closeCodes } from './outlet.js';
import { frameBytesMax } from './read-frame.js';
import { serveSocket, type SocketParts } from './serve-socket.js';

/** The WebSockets of a server. */
export type Sockets = {
  /** For the server's `upgrade` event: serves `/ws`, answers an HTTP error else. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void;
  /** Closes all with 1001; resolves when they are gone, at most a second later. */
  close(): Promise<void>;
};

const usualTimes = { authMs: 5_000, pingMs: 30_000 };
const farewellMs = 1_000;
const openSockets = gauge('queueclaw_sockets', 'Open WebSockets', []);

/** True for the one address that speaks WebSocket. */
export function isSocketPath(url: string | undefined): boolean {
  return url === '/ws' || url?.startsWith('/ws?') === true;
}

/** Opens nothing yet; hand `upgrade` to the HTTP server. */
export function createSockets(parts: SocketParts & { readonly origins: Origins }): Sockets {
  const { config, logger, tokens, origins, phase, socketTimes = usualTimes } = parts;
  const server = new WebSocketServer({ noServer: true, maxPayload: frameBytesMax, perMessageDeflate: false });
  const census = createCensus(config.server.sockets_per_token);
  const heartbeat = startHeartbeat(socketTimes.pingMs);

  /** Undefined: the first frame must bring a token. */
  const callerAtOnce = ({ url, headers }: IncomingMessage): Caller | undefined => {
    if (!origins.hostAllowed(headers.host) || !origins.originAllowed(headers.origin, headers.host))
      throw new AppError('request.origin');
    if (!isSocketPath(url)) throw new AppError('route.not_found');
    if (phase() !== 'serving') throw new AppError('system.unavailable', { retryAfterMs: 1_000 });
    return headers.authorization === undefined ? tokens.anonymous : authenticate(tokens, headers.authorization);
  };

  const welcome = (socket: WebSocket, request: IncomingMessage, caller: Caller | undefined): void => {
    openSockets.inc();
    socket.on('close', () => openSockets.dec());
    // A peer that breaks the protocol is closed by the library with the right code; `close` follows.
    socket.on('error', (error) => logger.debug({ reason: error.message }, 'a socket broke off'));
    heartbeat.watch(socket);
    serveSocket(parts, census, socketTimes.authMs, socket, request, caller);
  };

  return {
    upgrade: (request, connection, head) => {
      const drop = (): void => void connection.destroy();
      connection.on('error', drop);
      try {
        const caller = callerAtOnce(request);
        connection.removeListener('error', drop);
        server.handleUpgrade(request, connection, head, (socket) => welcome(socket, request, caller));
      } catch (thrown) {
        connection.end(rawError(toAppError(thrown)));
      }
    },
    close: async () => {
      heartbeat.stop();
      const sockets = [...server.clients];
      const gone = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) socket.close(closeCodes.goingAway, 'the server stops');
      const late = setTimeout(() => sockets.forEach((socket) => socket.terminate()), farewellMs);
      await Promise.all(gone);
      clearTimeout(late);
    },
  };
}
