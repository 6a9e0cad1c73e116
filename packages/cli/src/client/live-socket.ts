import { type ClientFrame, ServerFrame } from '@queueclaw/contracts';
import { WebSocket } from 'ws';
import { callerHeaders, type ServerAddress } from './server-address.js';
import { tell } from '../phrases/index.js';

export type LiveSocket = {
  /** False when it is not connected: then it is lost. */
  send(frame: ClientFrame): boolean;
  close(): void;
};

export type LiveSocketOptions = {
  readonly address: ServerAddress;
  /** Connected and let in. */
  readonly onReady: () => void;
  readonly onFrame: (frame: ServerFrame) => void;
  /** Not connected; it tries again in `retryMs` milliseconds. */
  readonly onDown: (reason: string, retryMs: number) => void;
  /** It makes no sense to try again: refused for a reason that stays. */
  readonly onRefused: (reason: string) => void;
};

const firstRetryMs = 250;
const retryMaxMs = 10_000;
/** Nothing for this long (the server pings every 30 s): the connection is dead. */
const silenceMaxMs = 75_000;
const frameBytesMax = 4 * 1024 * 1024;

/** A WebSocket to the server that comes back by itself, later each time (0.25 s up to 10 s). */
export function openLiveSocket(options: LiveSocketOptions): LiveSocket {
  const { address } = options;
  const url = new URL('/ws?client=terminal', address.base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  let socket: WebSocket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let silence: NodeJS.Timeout | undefined;
  let retryMs = firstRetryMs;
  let closed = false;
  let ready = false;

  const listen = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => socket?.terminate(), silenceMaxMs);
  };
  const read = (data: string): void => {
    let frame: ServerFrame | undefined;
    try {
      frame = ServerFrame.safeParse(JSON.parse(data)).data;
    } catch {
      return;
    }
    // A frame of a newer server that we do not know is not for us.
    if (frame === undefined) return;
    if (frame.type === 'ready') {
      ready = true;
      retryMs = firstRetryMs;
      return options.onReady();
    }
    options.onFrame(frame);
  };
  const connect = (): void => {
    let reason = tell('chat.closed');
    let refused: string | undefined;
    const mine = new WebSocket(url, {
      headers: callerHeaders(address),
      handshakeTimeout: 10_000,
      maxPayload: frameBytesMax,
    });
    socket = mine;
    listen();
    mine.on('message', (data, isBinary) => {
      listen();
      if (!isBinary) read((data as Buffer).toString('utf8'));
    });
    mine.on('ping', listen);
    mine.on('error', (error) => (reason = 'code' in error ? String(error.code) : error.message));
    mine.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0;
      reason = `HTTP ${status}`;
      if (status >= 400 && status < 500 && status !== 429) refused = reason;
      response.resume();
      mine.terminate();
    });
    mine.on('close', (code, words) => {
      ready = false;
      clearTimeout(silence);
      if (closed) return;
      // 1008: the server's policy, a missing or wrong token.
      if (code === 1008) refused = words.toString() || 'refused';
      if (refused !== undefined) return options.onRefused(refused);
      options.onDown(reason, retryMs);
      timer = setTimeout(connect, retryMs);
      retryMs = Math.min(retryMs * 2, retryMaxMs);
    });
  };

  connect();
  return {
    send: (frame) => {
      if (!ready || socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      clearTimeout(silence);
      socket?.close();
    },
  };
}
