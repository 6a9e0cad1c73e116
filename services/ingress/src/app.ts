import { openBlobs } from '@queueclaw/blobs';
import { AppError } from '@queueclaw/contracts';
import { openDoor } from '@queueclaw/conversations';
import { openDeliveryWaker, openDrafts, openHolderLine, openSendGate } from '@queueclaw/mailbox';
import {
  connectRedis,
  createHealthBoard,
  isLoopback,
  type Config,
  type Service,
  type ServiceContext,
} from '@queueclaw/runtime';
import { sweepBlobs } from './attachments/sweep-blobs.js';
import { fromChannels } from './from-channels.js';
import { fromLive } from './from-live.js';
import { fromReplies } from './from-replies.js';
import { buildServer } from './http/server.js';
import type { Phase, SocketTimes } from './http/server-parts.js';
import { toChannels } from './to-channels.js';
import { toMessages } from './to-messages.js';
import { createTyping } from './typing.js';

/** The ingress, and the port it listens on (0 before). */
export type Ingress = Service & { port(): number };

/** A server that others can reach and nobody guards is never opened, whatever checked the configuration before. */
const refuseOpenDoor = ({ server }: Pick<Config, 'server'>): void => {
  if (isLoopback(server.host) || server.tokens.length > 0) return;
  const line = 'tokens: [{ token: "${QUEUECLAW_TOKEN}" }]';
  const publicMessage = `${server.host} is reachable from other machines, and no token is set. Add this line to server:  ${line}`;
  throw new AppError('config.invalid', { publicMessage });
};

/**
 * The ingress: HTTP, WebSocket, the chat page and platforms in, `replies` and the live stream out. Stateless; run as many
 * as needed.
 * @param socketTimes other than the usual 5 s for the token and 30 s between pings, for tests
 * @throws AppError `config.invalid` when it would be open to everybody
 */
export async function createIngress(context: ServiceContext, socketTimes?: SocketTimes): Promise<Ingress> {
  const { config, settings, logger, redisUrl, mailKey, home, health } = context;
  refuseOpenDoor(config);
  const onError = (error: Error): void => logger.debug({ reason: error.message }, 'redis connection trouble');
  const door = openDoor({ redisUrl, mailKey, config, limits: () => settings.current().limits, onError });
  const board = createHealthBoard();
  board.report('redis', async () => ({ ok: (await door.redis.ping()) === 'PONG' }));

  let phase: Phase = 'starting';
  const stopping = new AbortController();
  const blobTrouble = (err: unknown): void => logger.warn({ err }, 'attachments cannot be stored or read');
  const blobs = openBlobs({ config: config.state.blobs, home, onError: blobTrouble });
  const sweeper = sweepBlobs({ blobs, retentionMs: () => settings.current().state.retention, logger });
  const post = toMessages(door.conversations, blobs);
  const live = fromLive(door.conversations);
  const typing = createTyping({ fromLive: live });
  const waker = openDeliveryWaker(door.mailbox.shards);
  const line = openHolderLine(door.mailbox.shards, () => connectRedis(redisUrl, 'subscriber', onError));
  const gate = openSendGate(door.mailbox.shards);
  const platforms = fromChannels({
    line,
    gate,
    drafts: openDrafts(door.mailbox.shards),
    blobs,
    hears: () => settings.current().speech.transcribe !== undefined,
    configured: config.channels,
    toMessages: post,
    typing,
    shards: door.mailbox.shards,
    announce: waker.announce,
    health,
    logger,
  });
  settings.onChange(({ channels }) => () => {
    if (phase === 'serving') void platforms.follow(channels);
  });
  const replies = fromReplies({
    mailbox: door.mailbox,
    waker,
    connect: () => connectRedis(redisUrl, 'blocking', onError),
    send: toChannels(platforms, gate, blobs),
    retryMs: () => settings.current().limits.delivery_time,
    logger,
  });
  const app = await buildServer({
    config,
    settings,
    logger,
    conversations: door.conversations,
    blobs,
    accounts: platforms,
    fromLive: live,
    toMessages: post,
    phase: () => phase,
    status: () => board.status(),
    stopping: stopping.signal,
    ...(socketTimes === undefined ? {} : { socketTimes }),
  });

  return {
    name: 'ingress',
    port: () => {
      const address = app.server.address();
      return address === null || typeof address === 'string' ? 0 : address.port;
    },
    listen: async () => void (await app.listen({ host: config.server.host, port: config.server.port })),
    start: async () => {
      await Promise.all([sweeper, replies.net, ...replies.consumers].map((part) => part.start()));
      await platforms.start();
      if (phase === 'starting') phase = 'serving';
    },
    stop: async (graceMs) => {
      if (phase === 'stopping') return;
      phase = 'stopping';
      stopping.abort();
      const patience = setTimeout(() => app.server.closeAllConnections(), Math.max(0, graceMs - 500));
      await app.close();
      clearTimeout(patience);
      typing.stop();
      await platforms.stop();
      await Promise.all([sweeper, replies.net, ...replies.consumers].map((part) => part.stop(graceMs)));
      blobs.close();
      line.close();
      await waker.close();
      await door.close();
    },
  };
}
