import { AppError } from '@queueclaw/contracts';
import { WSClient } from '@wecom/aibot-node-sdk';
import { setTimeout as pause } from 'node:timers/promises';
import { unreachable } from './failure.js';

export type LineOptions = {
  readonly botId: string;
  readonly secret: string;
  readonly url: string;
  /** Between two signs of life, milliseconds. */
  readonly heartbeatMs: number;
  readonly onMessage: (frame: unknown) => void;
  /** The line as soon as it may be used, undefined as soon as it may not. */
  readonly onLine: (client: WSClient | undefined) => void;
  readonly trouble: (sentence: string | undefined) => void;
  readonly signal: AbortSignal;
};

const answerMsMax = 15_000;
const waitMsMax = 30_000;
const takenOver = 'Another program talks as this bot; WeCom lets only one.';

const nothing = (): undefined => undefined;
/** The SDK's own log has payloads in it. */
const silent = { error: nothing, warn: nothing, info: nothing, debug: nothing };

/**
 * Keeps one line to WeCom until the signal aborts, connecting again after up to 30 s; never rejects.
 */
export async function keepLine(options: LineOptions): Promise<void> {
  const { trouble, signal } = options;
  for (let failures = 0; !signal.aborted;) {
    const startedAt = performance.now();
    const why = await oneLine(options).catch((thrown: unknown) => sentenceOf(thrown));
    if (signal.aborted) return;
    trouble(why);
    // Whoever was sent away and comes back at once would send the other one away, for ever.
    failures = why === takenOver ? 7 : performance.now() - startedAt > 60_000 ? 0 : failures + 1;
    await pause(Math.min(250 * 2 ** Math.min(failures, 7), waitMsMax), undefined, { signal }).catch(nothing);
  }
}

const sentenceOf = (thrown: unknown): string => (thrown instanceof AppError ? thrown : unreachable()).publicMessage;

/** Connects, and takes messages until the line ends or the signal aborts. @returns why it ended, for people */
async function oneLine(options: LineOptions): Promise<string> {
  const { botId, secret, url, heartbeatMs, onMessage, onLine, trouble, signal } = options;
  const client = new WSClient({
    ...{ botId, secret, wsUrl: url, heartbeatInterval: heartbeatMs, logger: silent },
    // It is connected again here, under the lease.
    ...{ maxReconnectAttempts: 0, maxAuthFailureAttempts: 0 },
    wsOptions: { handshakeTimeout: answerMsMax, maxPayload: 1_048_576 },
  });
  const ended = Promise.withResolvers<string>();
  const opened = Promise.withResolvers<void>();
  const abort = (): void => ended.resolve('It ends.');
  signal.addEventListener('abort', abort, { once: true });
  client.on('authenticated', () => opened.resolve());
  client.on('event.disconnected_event', () => ended.resolve(takenOver));
  client.on('disconnected', () => ended.resolve('WeCom ended the line.'));
  client.on('error', (error) => ended.resolve(isRefusal(error) ? refusal(error) : unreachable().publicMessage));
  client.on('message', onMessage);
  try {
    signal.throwIfAborted();
    client.connect();
    const silence = pause(answerMsMax, unreachable().publicMessage, { signal, ref: false }).catch(() => 'It ends.');
    const early = await Promise.race([opened.promise, ended.promise, silence]);
    if (early !== undefined) return early;
    trouble(undefined);
    onLine(client);
    return await ended.promise;
  } finally {
    signal.removeEventListener('abort', abort);
    onLine(undefined);
    client.disconnect();
  }
}

const isRefusal = ({ message }: Error): boolean => message.startsWith('Authentication failed');
/** Only the number of what the SDK says, in which there could be anything. */
const refusal = ({ message }: Error): string =>
  `WeCom refuses the bot: error ${/code: (-?\d{1,9})\)/.exec(message)?.[1] ?? 'unknown'}.`;
