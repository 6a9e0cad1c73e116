/** Bounds of what the mailbox keeps. */
export type MailboxLimits = {
  /** Waiting mail of one conversation. */
  readonly mailboxMax: number;
  /** Entries of a transcript that are kept. */
  readonly transcriptMax: number;
  /** Entries of a transcript that a claim brings along. */
  readonly historyMax: number;
  /** Life of a conversation without activity, milliseconds. */
  readonly retentionMs: number;
};

/** Waiting control mail of one conversation. */
export const controlMax = 100;
/** Waiting mail that a claim or checkpoint shows ... */
export const mailShown = 100;
/** ... and how much when there is control mail, which may withdraw all of it; of about so many bytes. */
export const mailShownToControl = 1_000;
export const mailShownToControlBytes = 16_000_000;
/** A worker that has not renewed for this long has lost its conversation. */
export const leaseMs = 6_000;
/** The same for who delivers a reply. A process that stood still longer while it sent may have its reply sent twice. */
export const deliveryLeaseMs = 10_000;
/** A suspended conversation whose tasks were not confirmed is looked at again after this time. */
export const armMs = 3_000;
/** What was due is looked at again after this time, if nobody took it. */
export const lookAgainMs = 5_000;
/** How long a message's id is remembered. */
export const recordTtlMs = 86_400_000;
/** Entries, about, and life of a conversation's live stream. */
export const liveKeep = 1_000;
export const liveTtlMs = 3_600_000;
/** The larger the events, the fewer are kept: none that is larger than its share of this. */
export const liveBytes = 8_000_000;
/** Dead letters of a shard, and the bytes that they share like live events. */
export const deadMax = 10_000;
export const deadBytes = 16_000_000;
/**
 * Whoever makes an actor due wakes it too; the dispatcher looks after it only when that has not led to a claim for this
 * long, so that a wake that merely waits in its queue is not doubled.
 */
export const wakeGraceMs = 3_000;
