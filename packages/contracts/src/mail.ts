import { z } from 'zod';
import { ApprovalScope } from './approvals.js';
import { Attachments, attachmentsMax, SentAttachment } from './attachments.js';
import { Choice, choicesMax } from './commands.js';
import { ConversationId, MessageId, TenantId } from './ids.js';
import { CommandTopic, PreferenceChange } from './preferences.js';

/** Where a reply goes: a channel of the registry and the address in that channel's own words (all strings). */
export const Route = z.object({
  channel: z.string().min(1).max(32),
  /** The configured account of the channel, for channels with several. */
  account: z.string().max(128).optional(),
  address: z.record(z.string().max(64), z.string().max(512)).optional(),
  /** What the channel shows of Markdown: all, its own kind of it, or nothing. */
  markdown: z.enum(['full', 'own', 'none']).optional(),
});
export type Route = z.infer<typeof Route>;

/** Who wrote. `id` is unique in the channel and account; `name` is for the model and is untrusted. */
export const Sender = z.object({ id: z.string().max(256), name: z.string().max(256).optional() });
export type Sender = z.infer<typeof Sender>;

/** What was said before a message, when the client keeps the conversation itself. */
export const ContextMessage = z.object({
  role: z.enum(['user', 'assistant']),
  text: z.string().max(1_048_576),
  attachments: Attachments.optional(),
});
export type ContextMessage = z.infer<typeof ContextMessage>;

/** What a person wrote. */
export const PersonMail = z.object({
  v: z.literal(1),
  kind: z.literal('person'),
  id: MessageId,
  /** Empty only with attachments. */
  text: z.string().max(65_536),
  attachments: z.array(SentAttachment).max(attachmentsMax).optional(),
  /** Read before the text, and kept in the transcript; only of one-off conversations. */
  context: z.array(ContextMessage).max(2_000).optional(),
  from: Sender,
  route: Route,
  /** Milliseconds since the epoch, when ingress accepted it. */
  at: z.number().int().nonnegative(),
  /** Said in a group: others read the conversation. */
  group: z.literal(true).optional(),
  /** The schedule that it comes from; `from` is who asked for that. */
  schedule: z.string().max(64).optional(),
  /** BCP 47, what the channel or browser says about the person. */
  language: z.string().max(35).optional(),
  /** IANA time zone of the person, when known. */
  timezone: z.string().max(64).optional(),
  /** W3C traceparent. */
  trace: z.string().max(64).optional(),
});
export type PersonMail = z.infer<typeof PersonMail>;

/**
 * What overtakes the mailbox. `stop` ends the running turn and withdraws the waiting mail; `reset` also forgets the transcript.
 * The others are commands, which end no turn: `prefer` changes preferences, `compact` has older messages summarised, `tell`
 * only asks, `approve` and `deny` decide on a call that waits for a person.
 */
export const ControlMail = z.object({
  v: z.literal(1),
  kind: z.literal('control'),
  id: MessageId,
  action: z.enum(['stop', 'reset', 'compact', 'prefer', 'tell', 'approve', 'deny']),
  /** Of `approve` and `deny`; absent: the only one that waits. */
  approval: z.string().max(64).optional(),
  /** Of `approve`; absent: once. */
  scope: ApprovalScope.optional(),
  /** Of `approve` and `deny`: an operator decides, from outside of the conversation. */
  operator: z.literal(true).optional(),
  /** Of `prefer`. */
  preferences: PreferenceChange.optional(),
  /** Of `tell`: what is asked for; with `wrong`, an argument that does not fit and how it should be. */
  about: CommandTopic.optional(),
  wrong: z.string().max(64).optional(),
  /** Of `compact`: what the summary should not lose. */
  focus: z.string().max(1_000).optional(),
  from: Sender,
  route: Route,
  at: z.number().int().nonnegative(),
  language: z.string().max(35).optional(),
});
export type ControlMail = z.infer<typeof ControlMail>;

export const Mail = z.discriminatedUnion('kind', [PersonMail, ControlMail]);
export type Mail = z.infer<typeof Mail>;

/** Tokens of one or several model calls. */
export const Usage = z.object({
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  cachedTokens: z.number().int().nonnegative().optional(),
  /** Millionths of the currency of `llm.prices`; absent: no price is known for any of them. */
  costMicros: z.number().int().nonnegative().optional(),
});
export type Usage = z.infer<typeof Usage>;

export const PublicError = z.object({
  code: z.string().max(64),
  message: z.string().max(2_000),
  retry_after_ms: z.number().int().nonnegative().optional(),
});
export type PublicError = z.infer<typeof PublicError>;

export const ReplyStatus = z.enum(['answered', 'failed', 'stopped']);
export type ReplyStatus = z.infer<typeof ReplyStatus>;

/** An item of a conversation's outbox: one answer on its way to a person. */
export const Reply = z.object({
  v: z.literal(1),
  /** Unique in the conversation: `r<turn>`. The channel's idempotence key is made from it. */
  id: z.string().max(160),
  turn: z.number().int().nonnegative(),
  text: z.string().max(1_000_000),
  /** Ids of the messages this answers. */
  answers: z.array(MessageId).max(1_000),
  status: ReplyStatus,
  /** What the person may answer with: buttons, or lines where there are none. */
  choices: z.array(Choice).min(1).max(choicesMax).optional(),
  /** Files that tools have sent during the turn. */
  attachments: Attachments.optional(),
  error: PublicError.optional(),
  usage: Usage.optional(),
  route: Route,
  at: z.number().int().nonnegative(),
  trace: z.string().max(64).optional(),
});
export type Reply = z.infer<typeof Reply>;

/** Why an actor was woken. */
export const WakeReason = z.enum(['mail', 'result', 'due', 'more', 'reply']);
export type WakeReason = z.infer<typeof WakeReason>;

/** A job on `messages`: conversation C has mail. Ids, counts and times; never text, never a secret. */
export const Wake = z.object({
  v: z.literal(1),
  tenant: TenantId,
  conversation: ConversationId,
  channel: z.string().max(32).optional(),
  why: WakeReason,
  mail: z.number().int().nonnegative().optional(),
  at: z.number().int().nonnegative(),
});
export type Wake = z.infer<typeof Wake>;

/**
 * A job on `replies`: these outboxes have something to deliver, all on one channel. A channel that talks to a platform
 * gets one outbox a job; one that only writes to Redis (HTTP, WebSocket, web page) gets what gathered meanwhile.
 */
export const DeliveryRound = z.object({
  v: z.literal(1),
  channel: z.string().max(32),
  outboxes: z
    .array(z.object({ tenant: TenantId, conversation: ConversationId }))
    .min(1)
    .max(100),
  why: WakeReason,
  at: z.number().int().nonnegative(),
});
export type DeliveryRound = z.infer<typeof DeliveryRound>;

/**
 * Channels for which delivered means written to the message's record and the conversation's live stream: whoever is
 * connected reads it there. All others talk to a platform.
 */
export const streamChannels: readonly string[] = ['http', 'websocket', 'terminal', 'web'];
