import { z } from 'zod';
import { ApprovalId, askedMax } from './approvals.js';
import { Attachments, attachmentsMax, KeptAttachment } from './attachments.js';
import { CallId, MessageId } from './ids.js';
import { PersonMail, Sender, Usage } from './mail.js';

const base = { v: z.literal(1), turn: z.number().int().nonnegative(), at: z.number().int().nonnegative() };

export const JournalCall = z.object({ call: CallId, name: z.string().max(64), args: z.unknown() });
export type JournalCall = z.infer<typeof JournalCall>;

/** What a conversation remembers, one entry a line of its transcript. */
export const TranscriptEntry = z.discriminatedUnion('role', [
  z.object({
    ...base,
    role: z.literal('user'),
    id: MessageId,
    text: z.string(),
    attachments: z.array(KeptAttachment).max(attachmentsMax).optional(),
    from: Sender.optional(),
    /** The messaging app; absent: a client of our own, or an entry from before this was kept. */
    channel: z.string().min(1).max(32).optional(),
  }),
  z.object({
    ...base,
    role: z.literal('assistant'),
    text: z.string(),
    calls: z.array(JournalCall).optional(),
    model: z.string().optional(),
    usage: Usage.optional(),
    /** Not a model's words: the system told the person about a failure, a limit or a stop. */
    notice: z.boolean().optional(),
  }),
  z.object({
    ...base,
    role: z.literal('tool'),
    call: CallId,
    name: z.string(),
    ok: z.boolean(),
    text: z.string(),
    code: z.string().optional(),
    /** Files of the workspace that went to the person with this turn's answer. */
    attachments: Attachments.optional(),
    ms: z.number().optional(),
  }),
]);
export type TranscriptEntry = z.infer<typeof TranscriptEntry>;

/** What stands for the older part of a transcript in requests; the transcript itself is kept. */
export const Summary = z.object({
  v: z.literal(1),
  /** Empty when the older part could not be summarised and is left out. */
  text: z.string(),
  /** The absolute index of the first entry that it does not cover. */
  until: z.number().int().nonnegative(),
  /** The turn during which it was made, and what that has cost so far. */
  turn: z.number().int().nonnegative(),
  usage: Usage,
  /** In that turn the model could not make a newer one: it goes on without its oldest entries and does not ask again. */
  failed: z.literal(true).optional(),
});
export type Summary = z.infer<typeof Summary>;

/** A call that the turn waits for. */
export const PendingCall = JournalCall.extend({
  ticket: z.string(),
  deadlineAt: z.number().int(),
  /** The policy or a person lets it through, whatever `tools.allowed_commands` says. */
  permitted: z.literal(true).optional(),
});
export type PendingCall = z.infer<typeof PendingCall>;

/** A call that waits for a person. It has not been sent out. */
export const AskedCall = JournalCall.extend({
  approval: ApprovalId,
  /** SHA-256 over tool, arguments, directory and network: what is approved is exactly that. */
  binding: z.string().regex(/^[0-9a-f]{64}$/),
  askedAt: z.number().int(),
  expiresAt: z.number().int(),
});
export type AskedCall = z.infer<typeof AskedCall>;

/** What a turn knows between two steps. Written by checkpoint and suspend, fenced; gone at commit. */
export const Journal = z.object({
  v: z.literal(1),
  turn: z.number().int().positive(),
  /** Model answers so far in this turn. */
  step: z.number().int().nonnegative(),
  startedAt: z.number().int(),
  /** The person mail this turn answers, already popped from the mailbox, without what it says (that is in `entries`). */
  answers: z.array(PersonMail.omit({ text: true, attachments: true, context: true })),
  /** This turn's part of the transcript so far. */
  entries: z.array(TranscriptEntry),
  /** Calls that are out. */
  pending: z.array(PendingCall),
  /** Calls that a person must approve first. */
  asking: z.array(AskedCall).max(askedMax).optional(),
  /** How long the turn has waited for people: its own time stood still. */
  waitedMs: z.number().int().nonnegative().optional(),
  /** Something that strangers wrote has entered the turn. */
  tainted: z.literal(true).optional(),
  toolCalls: z.number().int().nonnegative(),
  usage: Usage,
});
export type Journal = z.infer<typeof Journal>;
