import type { Conversations, Memories } from '@queueclaw/conversations';
import type { DeadLetters, Survey } from '@queueclaw/mailbox';
import type { Config, Logger } from '@queueclaw/runtime';
import type { ApprovalDesk } from '../approval-desk.js';
import type { PairingDesk } from '../pairing-desk.js';
import type { QueueView } from '../board/view-queues.js';
import type { ReadChannels } from '../channels.js';
import type { ScheduleDesk } from '../schedule-desk.js';
import type { Turns } from '../turns/read-turns.js';
import type { ReadUsage } from '../usage.js';

/** Where the service is in its life. */
export type Phase = 'starting' | 'serving' | 'stopping';

/** What the console's server is made of. */
export type ConsoleParts = {
  readonly config: Pick<Config, 'console' | 'server' | 'channels'>;
  /** The label of money, now. */
  readonly currency: () => string;
  readonly logger: Logger;
  /** Every queue of every shard. */
  readonly queues: readonly QueueView[];
  readonly conversations: Conversations;
  readonly turns: Turns;
  readonly usage: ReadUsage;
  readonly channels: ReadChannels;
  readonly deadLetters: DeadLetters;
  readonly pairing: PairingDesk;
  readonly schedules: ScheduleDesk;
  readonly approvals: ApprovalDesk;
  readonly memories: Memories;
  readonly survey: () => Promise<Survey>;
  readonly phase: () => Phase;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};
