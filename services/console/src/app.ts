import { AppError } from '@queueclaw/contracts';
import { openDoor, openMemories, openSchedules } from '@queueclaw/conversations';
import { openDeadLetters, openPairings, survey } from '@queueclaw/mailbox';
import { isLoopback, type Config, type Service, type ServiceContext } from '@queueclaw/runtime';
import { openApprovalDesk } from './approval-desk.js';
import { viewQueues } from './board/view-queues.js';
import { openChannels } from './channels.js';
import type { Phase } from './http/console-parts.js';
import { buildServer } from './http/server.js';
import { measureBacklog } from './measure-backlog.js';
import { openPairingDesk } from './pairing-desk.js';
import { openScheduleDesk } from './schedule-desk.js';
import { openTurns } from './turns/read-turns.js';
import { openUsage } from './usage.js';

/** The console, the port it listens on (0 before), and a way to ask it without a socket. */
export type Console = Service & {
  port(): number;
  readonly inject: Awaited<ReturnType<typeof buildServer>>['inject'];
};

/** A console that others can reach and nobody guards is never opened, whatever checked the configuration before. */
const refuseOpenDoor = ({ console: { host, operators } }: Pick<Config, 'console'>): void => {
  if (isLoopback(host) || operators.length > 0) return;
  const line = 'operators: [{ name: admin, token: "${QUEUECLAW_OPERATOR_TOKEN}" }]';
  const publicMessage = `${host} is reachable from other machines, and no operator is set. Add this line to console:  ${line}`;
  throw new AppError('config.invalid', { publicMessage });
};

/** The tenants that the configuration names. */
const tenantsOf = ({ server, channels }: Pick<Config, 'server' | 'channels'>): readonly string[] => [
  ...new Set(['default', ...[...server.tokens, ...channels].map(({ tenant }) => tenant)]),
];

/**
 * The console: Bull Board, conversations and dead letters, to look at, and for operators to act on. Stateless; one is
 * enough. Bull Board is loaded at the first request for it.
 * @throws AppError `config.invalid` when it would be open to everybody
 */
export async function createConsole(context: ServiceContext): Promise<Console> {
  const { config, settings, logger, redisUrl, mailKey } = context;
  refuseOpenDoor(config);
  const onError = (error: Error): void => logger.debug({ reason: error.message }, 'redis connection trouble');
  const door = openDoor({ redisUrl, mailKey, config, onError });
  const queues = viewQueues(door.mailbox.shards);

  const { shards } = door.mailbox;
  const now = (): number => Date.now();
  const look = (): ReturnType<typeof survey> => survey(shards, now());
  const forgetBacklog = measureBacklog({ queues, survey: look, memory: () => door.redis.info('memory'), now });

  const schedules = openSchedules(shards);
  let phase: Phase = 'starting';
  const app = await buildServer({
    config,
    logger,
    queues,
    conversations: door.conversations,
    turns: openTurns({ shards, conversations: door.conversations, queues, now }),
    currency: () => settings.current().limits.currency,
    usage: openUsage(door.redis, door.space, () => settings.current().limits, now),
    channels: openChannels(shards, () => settings.current().channels),
    deadLetters: openDeadLetters(door.mailbox, door.waker),
    pairing: openPairingDesk(openPairings(shards), tenantsOf(config)),
    schedules: openScheduleDesk(schedules, tenantsOf(config), now),
    approvals: openApprovalDesk(door.mailbox, door.conversations, tenantsOf(config), now),
    memories: openMemories(shards),
    survey: look,
    phase: () => phase,
    now,
  });

  return {
    name: 'console',
    inject: app.inject.bind(app),
    port: () => {
      const address = app.server.address();
      return address === null || typeof address === 'string' ? 0 : address.port;
    },
    listen: async () => void (await app.listen({ host: config.console.host, port: config.console.port })),
    start: async () => {
      if (phase === 'starting') phase = 'serving';
    },
    stop: async (graceMs) => {
      if (phase === 'stopping') return;
      phase = 'stopping';
      forgetBacklog();
      const patience = setTimeout(() => app.server.closeAllConnections(), Math.max(0, graceMs - 500));
      await app.close();
      clearTimeout(patience);
      await Promise.all(queues.map(({ queue }) => queue.close()));
      await schedules.close();
      await door.close();
    },
  };
}
