import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@queueclaw/contracts';
import { SocketModeClient } from '@slack/socket-mode';
import { z } from 'zod';
import { failureOf } from './failure.js';
import { silent } from './silent.js';

export type SocketOptions = {
  readonly appToken: string;
  /** Of the Web API. */
  readonly root: string;
  /** Makes what a call of the webhook would have as its body durable. */
  readonly take: (content: unknown) => Promise<void>;
  readonly trouble: (sentence: string | undefined) => void;
  readonly signal: AbortSignal;
};

const waitMsMax = 30_000;
const helloMs = 15_000;
const closeMs = 1_000;
/** What is beyond is not acknowledged, and Slack brings it again. */
const waitingMax = 200;

/** An envelope, as the client gives it (Socket Mode: `events_api`, `slash_commands`, `interactive`). */
const Envelope = z.looseObject({ type: z.string(), body: z.looseObject({}) });
const Place = z.looseObject({
  channel_id: z.string().optional().catch(undefined),
  channel: z.looseObject({ id: z.string() }).optional().catch(undefined),
  event: z
    .looseObject({ channel: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

/**
 * Listens over Slack's socket mode until the signal aborts; never rejects. An envelope is acknowledged after what it brings is
 * durable; Slack brings again what was not. Slack takes up to ten connections of an app and gives each event to one of them.
 */
export async function listenToSocket(options: SocketOptions): Promise<void> {
  const { trouble, signal } = options;
  for (let failures = 0; !signal.aborted;) {
    const startedAt = performance.now();
    try {
      await oneConnection(options);
      // Slack ends connections every few hours, as it says before.
      failures = performance.now() - startedAt > 60_000 ? 0 : failures + 1;
    } catch (thrown) {
      if (signal.aborted) return;
      trouble(failureOf(thrown).publicMessage);
      failures += 1;
    }
    await pause(Math.min(250 * 2 ** Math.min(failures, 7), waitMsMax), undefined, { signal }).catch(() => undefined);
  }
}

/** Connects, and takes envelopes until the connection ends or the signal aborts. */
async function oneConnection({ appToken, root, take, trouble, signal }: SocketOptions): Promise<void> {
  const client = new SocketModeClient({
    appToken,
    autoReconnectEnabled: false,
    logger: silent,
    clientOptions: {
      slackApiUrl: `${root}/`,
      ...{ retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, timeout: 15_000, allowAbsoluteUrls: false },
    },
  });
  const stop = (): void => {
    // Asked a second time, the client waits for no answer any more.
    void client.disconnect();
    setTimeout(() => void client.disconnect(), closeMs).unref();
  };
  guard(client, stop);
  const closed = new Promise<void>((resolve) => client.once('disconnected', () => resolve()));
  const tails = new Map<string, Promise<void>>();
  let waiting = 0;
  const hear = async (content: unknown, ack: () => Promise<void>): Promise<void> => {
    try {
      await take(content);
      await ack();
      trouble(undefined);
    } catch (thrown) {
      if (!signal.aborted) trouble(failureOf(thrown).publicMessage);
    } finally {
      waiting -= 1;
    }
  };
  client.on('slack_event', ({ ack, ...raw }: { readonly ack: () => Promise<void> }) => {
    const envelope = Envelope.safeParse(raw);
    if (!envelope.success || waiting >= waitingMax) return;
    waiting += 1;
    const { type, body } = envelope.data;
    const place = placeOf(body);
    const tail = (tails.get(place) ?? Promise.resolve())
      .then(() => hear(type === 'slash_commands' ? { ...body, type: 'slash_command' } : body, ack))
      .finally(() => tails.get(place) === tail && tails.delete(place));
    tails.set(place, tail);
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    const opening = client.start();
    opening.catch(() => undefined);
    await Promise.race([opening, silence(), closed.then(() => Promise.reject(unreachable()))]);
    if (signal.aborted) stop();
    else trouble(undefined);
    await closed;
  } finally {
    signal.removeEventListener('abort', stop);
    if (!signal.aborted) stop();
    await Promise.all(tails.values());
  }
}

const unreachable = (): AppError => new AppError('channel.failed', { publicMessage: 'Slack cannot be reached.' });
const silence = async (): Promise<never> => {
  await pause(helloMs, undefined, { ref: false });
  throw unreachable();
};

/** Where it was said: what stands in one place is taken in its order. */
function placeOf(body: unknown): string {
  const { channel_id: named, channel, event } = Place.parse(body);
  return event?.channel ?? channel?.id ?? named ?? '';
}

type Heard = (data: unknown, isBinary: boolean) => Promise<void>;

/** The client rejects where nobody listens when an envelope is not as it expects: such a one ends the connection instead. */
function guard(client: SocketModeClient, end: () => void): void {
  const heard = (Reflect.get(client, 'onWebSocketMessage') as Heard).bind(client);
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: unknown, isBinary: boolean) => void heard(data, isBinary).catch(end));
}
