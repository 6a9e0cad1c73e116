import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@queueclaw/contracts';
import { DWClient, type DWClientDownStream, TOPIC_ROBOT } from 'dingtalk-stream';
import { unreachable } from './failure.js';
import type { Robot } from './robot.js';

export type StreamOptions = {
  readonly robot: Robot;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Makes the data of a robot's message durable. */
  readonly take: (data: unknown) => Promise<void>;
  readonly trouble: (sentence: string | undefined) => void;
  readonly signal: AbortSignal;
};

const waitMsMax = 30_000;
const waitingMax = 100;
const socketOptions = { rejectUnauthorized: true, handshakeTimeout: 15_000, maxPayload: 1_048_576 };

/** What counts of the SDK's socket, which its types hide. */
type Socket = { on(event: 'close', heard: () => void): unknown; terminate(): void };

/**
 * Listens to the stream until the signal aborts; never rejects. A message is acknowledged after it is durable; DingTalk brings
 * again what was not.
 */
export async function listenToStream(options: StreamOptions): Promise<void> {
  const { trouble, signal } = options;
  for (let failures = 0; !signal.aborted;) {
    const startedAt = performance.now();
    try {
      await oneConnection(options);
      if (!signal.aborted) trouble('DingTalk ended the stream.');
    } catch (thrown) {
      if (signal.aborted) return;
      trouble((thrown instanceof AppError ? thrown : unreachable()).publicMessage);
    }
    failures = performance.now() - startedAt > 60_000 ? 0 : failures + 1;
    await pause(Math.min(500 * 2 ** Math.min(failures, 6), waitMsMax), undefined, { signal }).catch(() => undefined);
  }
}

/** Connects, and takes messages until the stream ends or the signal aborts. */
async function oneConnection({ robot, clientId, clientSecret, take, trouble, signal }: StreamOptions): Promise<void> {
  const client = new DWClient({ clientId, clientSecret, keepAlive: true });
  client.config.autoReconnect = false;
  // The SDK has its addresses hard-coded, and takes no options for its socket.
  Reflect.set(client, 'dw_url', await robot.streamAddress([TOPIC_ROBOT], signal));
  Reflect.set(client, 'sslopts', socketOptions);
  const waiting = new Set<Promise<void>>();
  const hear = async ({ data, headers }: DWClientDownStream): Promise<void> => {
    try {
      if (signal.aborted) return;
      await take(dataIn(data));
      client.socketCallBackResponse(headers.messageId, {});
      trouble(undefined);
    } catch (thrown) {
      trouble((thrown instanceof AppError ? thrown : unreachable()).publicMessage);
    }
  };
  client.registerCallbackListener(TOPIC_ROBOT, (message) => {
    // One too many is not acknowledged, and comes again.
    if (waiting.size >= waitingMax) return;
    const hearing = hear(message).finally(() => waiting.delete(hearing));
    waiting.add(hearing);
  });
  signal.throwIfAborted();
  const opening = client._connect();
  opening.catch(() => undefined);
  const socket = Reflect.get(client, 'socket') as Socket;
  const read = client.onDownStream.bind(client);
  client.onDownStream = (data) => {
    try {
      read(data);
    } catch {
      socket.terminate();
    }
  };
  const closed = new Promise<void>((resolve) => socket.on('close', resolve));
  const end = (): void => socket.terminate();
  signal.addEventListener('abort', end, { once: true });
  try {
    await opening;
    trouble(undefined);
    await closed;
  } finally {
    signal.removeEventListener('abort', end);
    socket.terminate();
    clearInterval(Reflect.get(client, 'heartbeatIntervallId') as NodeJS.Timeout | undefined);
    await Promise.all(waiting);
  }
}

function dataIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
