import type { Blobs } from '@queueclaw/blobs';
import type { Conversations } from '@queueclaw/conversations';
import type { Config, HealthStatus, Live, Logger } from '@queueclaw/runtime';
import type { FromChannels } from '../from-channels.js';
import type { FromLive } from '../from-live.js';
import type { ToMessages } from '../to-messages.js';

/** Where a service is in its life. */
export type Phase = 'starting' | 'serving' | 'stopping';

/** How long things may take, milliseconds. */
export type SocketTimes = {
  /** Until the first frame brings the token. */
  readonly authMs: number;
  /** Between pings; a peer that has not answered the last one is dead. */
  readonly pingMs: number;
};

/** What the public server is made of. */
export type ServerParts = {
  readonly config: Pick<Config, 'server' | 'limits'>;
  readonly settings: Pick<Live<Config>, 'current'>;
  readonly logger: Logger;
  readonly conversations: Conversations;
  readonly blobs: Blobs;
  /** The connected accounts of platforms. */
  readonly accounts: Pick<FromChannels, 'find'>;
  readonly fromLive: FromLive;
  readonly toMessages: ToMessages;
  readonly phase: () => Phase;
  /** Whether Redis and the rest of what the service needs is there. */
  readonly status: () => Promise<HealthStatus>;
  /** Aborts when the service stops: long waits end. */
  readonly stopping: AbortSignal;
  readonly socketTimes?: SocketTimes;
};
