import type {
  ActorAddress,
  ControlMail,
  LiveEvent,
  MessageStatus,
  PersonMail,
  TranscriptEntry,
} from '@queueclaw/contracts';
import type { People } from './people.js';

export type Accepted = {
  readonly outcome: 'accepted' | 'duplicate' | 'conflict' | 'full';
  /** Messages of the conversation that wait before it. */
  readonly position: number;
  /** For a duplicate: what became of the first. */
  readonly status?: MessageStatus;
};

/** `cursor` is the event's position: pass it to `follow` to go on after it, on any replica. */
export type LiveEntry = { readonly cursor: string; readonly event: LiveEvent };

export type Following = {
  /** The position it starts after. */
  readonly cursor: string;
  /** The asked-for cursor has expired: read the transcript. */
  readonly gap: boolean;
  stop(): void;
};

export type TranscriptPage = {
  /** Oldest first. */
  readonly entries: readonly TranscriptEntry[];
  /** Pass as `before` for the page before this one; absent on the first page of the transcript. */
  readonly next?: number;
};

/** Conversations as channels and operators use them. Every call may throw system.unavailable or system.full. */
export type Conversations = {
  /** Durable when it resolves; wakes the agent. */
  accept(address: ActorAddress, mail: PersonMail): Promise<Accepted>;
  /**
   * Durable when it resolves. Stop and reset are also told at once to a step that runs; commands are obeyed beside it.
   * @throws AppError message.conflict, conversation.busy
   */
  control(address: ActorAddress, mail: ControlMail): Promise<Accepted>;
  message(tenant: string, id: string, conversation?: string): Promise<MessageStatus | undefined>;
  /**
   * Newest activity first; `before` is an activity time in milliseconds. A page may hold more than `limit`: those that were
   * active in its last millisecond are never divided.
   */
  list(tenant: string, page: { limit: number; before?: number }): Promise<{ conversation: string; at: number }[]>;
  /** Undefined: there is no such conversation. `before` is an absolute index. */
  transcript(address: ActorAddress, page: { limit: number; before?: number }): Promise<TranscriptPage | undefined>;
  /** Removes everything of a conversation, its messages' records too. False: there was nothing. */
  forget(address: ActorAddress): Promise<boolean>;
  /** The whole transcript, oldest first. */
  exportEntries(address: ActorAddress): AsyncIterable<TranscriptEntry>;
  /** What is known by person. */
  readonly people: People;
  /** Live events after `cursor`, or from now on. */
  follow(address: ActorAddress, cursor: string | undefined, listener: (entry: LiveEntry) => void): Promise<Following>;
  close(): Promise<void>;
};
