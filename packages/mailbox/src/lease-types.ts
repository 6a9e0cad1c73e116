import type {
  ControlMail,
  Decision,
  Journal,
  LiveEvent,
  PersonMail,
  Preferences,
  Reply,
  Summary,
  ToolOutcome,
  TranscriptEntry,
} from '@queueclaw/contracts';

/** How many of the mail and control mail that the lease shows are consumed. */
export type Take = { readonly mail: number; readonly control: number };

export type TurnEnd = {
  readonly take: Take;
  readonly turn: number;
  /** Forget the transcript before appending. */
  readonly reset: boolean;
  readonly entries: readonly TranscriptEntry[];
  readonly replies: readonly Reply[];
  readonly live?: readonly LiveEvent[];
  /** The command that waited for a worker is answered. */
  readonly dropCompact?: boolean;
  readonly deadLetter?: Readonly<Record<string, unknown>>;
};

/** What a summary changes. */
export type Summarised = {
  /** Absent: the one that there is stays. */
  readonly summary?: Summary | undefined;
  /** The command that waited for it is answered by one of `replies`. */
  readonly commandDone: boolean;
  readonly replies: readonly Reply[];
};

export type Release = {
  /** Milliseconds until somebody looks at it again, 0 by default. */
  readonly delayMs?: number;
  /** The mail has nothing to do with it: this claim does not count as a try. */
  readonly blameless?: boolean;
};

/**
 * A claimed conversation. All methods are fenced: they resolve to undefined (or false), and nothing changed, once another
 * worker has claimed it.
 */
export type Lease = {
  readonly epoch: number;
  /** Claims of this mail so far, this one included. */
  readonly tries: number;
  /** Redis' clock at the claim, milliseconds. */
  readonly now: number;
  /** The last turn's number, 0 before the first. */
  readonly turn: number;
  readonly journal: Journal | undefined;
  /** A journal that does not fit its schema: the turn cannot go on. `journal` has no more than whom it was to answer. */
  readonly damaged: string | undefined;
  readonly results: readonly { call: string; outcome: ToolOutcome }[];
  /** What people decided about the calls that wait for them. */
  readonly decisions: readonly Decision[];
  /** Bindings of calls that are approved for the rest of the conversation. */
  readonly grants: readonly string[];
  /** The newest entries of the transcript, of those that the summary does not cover. */
  readonly history: readonly TranscriptEntry[];
  /** The absolute index of the first entry of `history`, or of the next one that there will be. */
  readonly from: number;
  /** Entries before `history` that no summary covers. */
  readonly unread: number;
  readonly summary: Summary | undefined;
  readonly preferences: Preferences;
  /** A command that only a worker can obey: to have older messages summarised. */
  readonly compact: ControlMail | undefined;
  /** The transcript from one absolute index to before another one, at most the last `pastMax` of it. Not fenced. */
  past(from: number, until: number): Promise<readonly TranscriptEntry[]>;
  /** Writes a summary and what people are told of it; afterwards `inbox` shows what came meanwhile. */
  summarise(change: Summarised): Promise<boolean>;
  /** Mail not yet consumed; `checkpoint` brings it up to date. */
  inbox(): { readonly mail: readonly PersonMail[]; readonly control: readonly ControlMail[] };
  /** Keeps the lease. How much mail and control mail has come since `inbox` was last up to date; undefined once it is not ours. */
  renew(): Promise<{ readonly mail: number; readonly control: number } | undefined>;
  /** Gives the conversation back as it is, so that the clock wakes it. False when there is no lease to give back. */
  release(how?: Release): Promise<boolean>;
  /**
   * Writes a journal that waits for no tool; afterwards `inbox` shows what is left and what came meanwhile, and results that
   * still come are refused.
   */
  checkpoint(journal: Journal, take: Take): Promise<boolean>;
  /**
   * Waits for the journal's pending calls, and for decisions about those that ask, until `deadlineAt`, milliseconds; `mailWakes`:
   * or until a person writes. `replies` are told in the same write. `wake` in the answer: there is already something to do.
   */
  suspend(
    journal: Journal,
    take: Take,
    deadlineAt: number,
    live: readonly LiveEvent[],
    mailWakes?: boolean,
    replies?: readonly Reply[],
  ): Promise<{ wake: boolean } | undefined>;
  /** The tasks are queued. `deadlineAt` in milliseconds. */
  arm(deadlineAt: number): Promise<boolean>;
  commit(end: TurnEnd): Promise<{ left: number; outbox: number } | undefined>;
  appendLive(events: readonly LiveEvent[]): Promise<boolean>;
};

export type Claim = Lease | 'busy' | 'empty' | 'waiting';
