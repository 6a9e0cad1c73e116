import type { Conversations } from '@queueclaw/conversations';
import type { DeadLetters, Survey } from '@queueclaw/mailbox';
import type { Config, Logger } from '@queueclaw/runtime';
import type { QueueView } from '../board/view-queues.js';

/** Where the service is in its life. */
export type Phase = 'starting' | 'serving' | 'stopping';

/** What the console's server is made of. */
export type ConsoleParts = {
  readonly config: Pick<Config, 'console' | 'server' | 'channels'>;
  readonly logger: Logger;
  /** Every queue of every shard. */
  readonly queues: readonly QueueView[];
  readonly conversations: Conversations;
  readonly deadLetters: DeadLetters;
  readonly survey: () => Promise<Survey>;
  readonly phase: () => Phase;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};
