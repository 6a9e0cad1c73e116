import type { AttachmentRef, Choice, MenuCommand, PersonMail, Reply, Route, Sender } from '@queueclaw/contracts';
import { z } from 'zod';

/*
 * A channel is a way to reach people. One folder and one line of registry.ts:
 *
 *   <channel>/index.ts    the entry: name, capabilities, settings, `load`. Data only: no SDK is loaded by importing it
 *   <channel>/config.ts   the settings' schema and which of them are secret
 *   <channel>/parse.ts    the receive half: what the platform sent -> mail. Pure
 *   <channel>/render.ts   the send half: a reply -> what the platform is told. Pure
 *   <channel>/connect.ts  the connection, for platforms; channels served by the ingress itself have none
 *   <channel>/fixtures/   real payloads, sanitised; see fixture.ts
 *
 * docs/channels.md tells the rest; channels.contract.test.ts holds every entry of the registry to it.
 */

/** How a channel counts the length of a text: code points, UTF-16 units, or bytes of UTF-8. */
export const TextUnit = z.enum(['characters', 'utf16', 'bytes']);
export type TextUnit = z.infer<typeof TextUnit>;

/** What a platform allows of the buttons under a message. */
export const ButtonLimits = z.strictObject({
  /** Buttons under one message. */
  most: z.number().int().min(1).max(100),
  /** UTF-16 units of what stands on one. */
  labelMax: z.number().int().min(10).max(256),
  /** Bytes of what comes back when it is pressed. */
  textBytesMax: z.number().int().min(32).max(4_096),
  /** The longest message that can have buttons, in `textUnit`. */
  messageMax: z.number().int().min(100).max(1_000_000),
});
export type ButtonLimits = z.infer<typeof ButtonLimits>;

/** So many messages in any so many seconds. */
export const SendRate = z.strictObject({
  most: z.number().int().min(1).max(1_000),
  seconds: z.number().int().min(1).max(3_600),
});
export type SendRate = z.infer<typeof SendRate>;

/** What a platform takes, of all replicas together. */
export const SendRates = z.strictObject({
  /** From one account. */
  account: z.array(SendRate).max(4),
  /** To one chat. */
  chat: z.array(SendRate).max(4),
  /** To one whose id begins so, besides. */
  group: z.strictObject({ prefix: z.string().min(1).max(16), rates: z.array(SendRate).min(1).max(4) }).optional(),
  /** Fields of a route's address; the first one that is there names the chat. */
  chatIn: z.array(z.string().min(1).max(64)).min(1).max(4),
});
export type SendRates = z.infer<typeof SendRates>;

/** How an answer grows in a message while it is written. */
export const Growth = z.strictObject({
  /** Changes that the platform takes of one account, of all replicas together; half of them are used. */
  rates: z.array(SendRate).min(1).max(4),
  /** The shortest time between two changes of one message, milliseconds. */
  everyMs: z.number().int().min(500).max(60_000),
  /** So often one message can be changed. */
  most: z.number().int().min(2).max(10_000).optional(),
});
export type Growth = z.infer<typeof Growth>;

/** What a channel can do, as data. */
export const Capabilities = z.strictObject({
  /** `stream`: delivered means written to the transcript and the live stream. `platform`: delivered means the platform has it. */
  delivery: z.enum(['stream', 'platform']),
  /** `one`: the platform allows one connection per account, so it is held under a lease. */
  holders: z.enum(['any', 'one']),
  /** `holder`: messages go out by the connection that is held, so other replicas ask the one that holds it. Absent: any sends. */
  sends: z.enum(['any', 'holder']).optional(),
  /** A sent message can be changed, so an answer can grow while it is written. */
  edit: z.boolean(),
  /** Of platforms that can edit; absent: an answer comes when it is whole. */
  grows: Growth.optional(),
  typing: z.boolean(),
  /** A reply's choices are buttons where they fit; otherwise, and where it is `false`, they are lines. */
  buttons: z.union([z.literal(false), ButtonLimits]),
  /** Files that people send can be had. */
  files: z.boolean(),
  /** The largest file that can be sent; absent: none can, and people are told its name. */
  filesBytesMax: z.number().int().min(1).max(4_294_967_296).optional(),
  /** Media types that can be sent; absent: all. */
  fileTypes: z.array(z.string().min(3).max(127)).min(1).max(64).optional(),
  /** The largest picture that is shown as one; a larger one is a file like any other. */
  picturesBytesMax: z.number().int().min(1).max(4_294_967_296).optional(),
  /** Voice notes of people come as a file or, written down by the platform, as words. */
  voice: z.boolean(),
  /** `full`: the reader renders Markdown. `own`: the channel's render translates it. `none`: plain text. */
  markdown: z.enum(['full', 'own', 'none']),
  /** The longest text of one outgoing message, in `textUnit`. */
  textMax: z.number().int().min(100).max(1_000_000),
  textUnit: TextUnit,
  /** `key`: sending twice with the same key sends once. */
  idempotence: z.enum(['key', 'none']),
  /** Kept by the ingress; platforms say theirs. */
  rates: SendRates.optional(),
  /** How many conversations' outboxes one delivery job takes. A platform gets one. */
  outboxesPerJob: z.number().int().min(1).max(100),
});
export type Capabilities = z.infer<typeof Capabilities>;

/** A file that somebody sent, as its platform tells of it. What it says is not taken on trust. */
export type IncomingFile = {
  readonly name: string | undefined;
  /** Media type. */
  readonly type: string | undefined;
  /** Bytes, where the platform says. */
  readonly size?: number | undefined;
  /** Somebody spoke it. */
  readonly voice?: boolean;
  /** What `fetch` needs to find it; JSON. */
  readonly handle: string;
};

/** The bytes of a file that somebody sent. */
export type FetchedFile = AsyncIterable<Uint8Array> & {
  /** What it is called, where only the one who gives it out says so. */
  readonly fileName?: string | undefined;
};

/** What a person wrote, in our words: the conversation it belongs to and the mail without its envelope. */
export type Incoming = {
  readonly conversation: string;
  /**
   * Where it was said, by the platform's own id; `within`, the larger place around it, like a server. Platforms say it always:
   * without it nobody is heard.
   */
  readonly place?: { readonly kind: 'direct' | 'group'; readonly id: string; readonly within?: string };
  /** It is meant for the bot: alone with it, mentioning or answering it, or a command. */
  readonly addressed?: boolean;
  /** Came with it; then the text may be empty. At most 16 are looked at. */
  readonly files?: readonly IncomingFile[];
  readonly mail: Omit<PersonMail, 'v' | 'kind' | 'at' | 'attachments'> & {
    readonly attachments?: readonly AttachmentRef[] | undefined;
  };
};

/** A file on its way out. */
export type OutgoingFile = {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Bytes; never more than `filesBytesMax`. */
  readonly size: number;
  /** Its bytes, from the first, each time. */
  open(): AsyncIterable<Uint8Array>;
};

/** One message on its way out. `text` is what counts against `textMax`; `body` the rest, in the platform's words. */
export type Outgoing = {
  readonly text: string;
  readonly body?: unknown;
  /** Within the channel's limits; pressing one writes its `text` as the person who pressed. */
  readonly buttons?: readonly Choice[];
  /** More is to come: an answer that grows. Only where `grows` is said. */
  readonly growing?: true;
  /** Then it is the whole message, and `text` is empty. Only where `filesBytesMax` is said. */
  readonly file?: OutgoingFile;
};

/** What `parse` may know besides the payload. */
export type ParseContext = {
  /** The configured account of the channel. */
  readonly account: string;
  /** The bot's own id on the platform: what it wrote itself is ignored. */
  readonly self?: string | undefined;
  /** Who the door has authenticated, for channels whose payload does not say. */
  readonly sender?: Sender | undefined;
  /** BCP 47, when the door knows it. */
  readonly language?: string | undefined;
  /** A new message id, for payloads without one. */
  newId(): string;
};

/** The two pure halves of a channel, and its connection. */
export type ChannelCode<C> = {
  /**
   * Turns a payload into mail; empty when it says nothing to us (the bot's own words, joins, reactions).
   * @throws AppError when the sender should be told that the payload is wrong
   */
  parse(payload: unknown, context: ParseContext): readonly Incoming[];
  /** A reply as messages, each within `textMax`. */
  render(reply: Reply): readonly Outgoing[];
  /** The address of a route to a chat or person that an operator names by the platform's own id. */
  addressOf?(to: string): NonNullable<Route['address']>;
  /** Connects one account. Absent for channels that the ingress itself serves. */
  connect?(config: C, door: ChannelDoor): Promise<Connection>;
};

/** A short text that outlives a listener, for the next one to go on from. Only who listens writes it. */
export type Notes = {
  read(): Promise<string | undefined>;
  /** At most 64 KiB. */
  write(text: string): Promise<void>;
};

/** What the ingress gives to a connection. */
export type ChannelDoor = {
  readonly account: string;
  /**
   * Parses and accepts a payload. Durable when it resolves: acknowledge to the platform after that. Need not be waited for before
   * the next one: calls of a conversation are done in their order, and where one fails those behind it fail too.
   */
  receive(payload: unknown): Promise<void>;
  readonly notes: Notes;
  /** Says that the connection has trouble, or (undefined) that it is well again. For health and logs; no secrets. */
  trouble(sentence: string | undefined): void;
  /** Aborts when the service stops or the account is disabled. */
  readonly signal: AbortSignal;
};

/** A webhook call as it came, before anything was parsed: signatures are verified on `body`. */
export type WebhookRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
};
export type WebhookAnswer = { readonly status: number; readonly type?: string; readonly body?: string };

/** A part of what an account listens to, and where its listener goes on. */
export type ListenedPart = { readonly name: string; readonly notes: Notes };

/** A connected account. */
export type Connection = {
  /** The bot's own id on the platform. */
  readonly self?: string;
  /** What people call the bot there, for operators; absent: `self` says it. */
  readonly title?: string;
  /**
   * Sends one message. `key` is the same when the same message is sent again. Resolves to the platform's id of it, where `edit`
   * can change it.
   * @throws AppError `channel.failed` (with `retryAfterMs`, and `waits` where that is known, when the platform says so) or
   * `channel.rejected`
   */
  readonly send?: (out: Outgoing, to: Route, key: string, signal: AbortSignal) => Promise<string | void>;
  /**
   * Makes a message that was sent another one, buttons too. The same again changes nothing.
   * @throws AppError as `send` does; `channel.rejected` also when the message is gone or too old
   */
  readonly edit?: (id: string, out: Outgoing, to: Route, signal: AbortSignal) => Promise<void>;
  /** Takes a message that was sent away. @throws AppError as `send` does */
  readonly discard?: (id: string, to: Route, signal: AbortSignal) => Promise<void>;
  /**
   * The bytes of a file that somebody sent; whoever asks bounds them in number and time.
   * Absent: they cannot be had, and people are told so.
   * @throws AppError `channel.failed` or `channel.rejected`
   */
  readonly fetch?: (file: IncomingFile, signal: AbortSignal) => Promise<FetchedFile>;
  /** Marks a message as taken, by the route of its mail. May reject: it is then left alone. */
  readonly seen?: (to: Route, signal: AbortSignal) => Promise<void>;
  /** Shows for some seconds that the assistant is at work. May reject: it is then left alone. */
  readonly typing?: (to: Route, signal: AbortSignal) => Promise<void>;
  /**
   * Receives until the signal aborts. Where `holders` is `one`, only one replica of the fleet listens at a time, and another one
   * takes over; `send` works on all of them. `part` is one of `parts`.
   */
  readonly listen?: (signal: AbortSignal, part?: ListenedPart) => Promise<void>;
  /** Parts that are listened to apart, at most 256, each by one replica of the fleet at a time. Absent: there is one. */
  readonly parts?: readonly string[];
  /** Publishes the menu of commands where people write. Replaces the last one, so a repeat is harmless. */
  readonly commands?: (menu: readonly MenuCommand[], signal: AbortSignal) => Promise<void>;
  /** Answers the platform's webhook calls at `/channels/<channel>/<account>`. */
  readonly webhook?: (request: WebhookRequest) => Promise<WebhookAnswer>;
  stop(): Promise<void>;
};

/** An entry of the registry. */
export type Channel<C = unknown> = {
  /** `[a-z][a-z0-9-]*`; also the folder's name and the route's `channel`. */
  readonly name: string;
  readonly title: string;
  readonly capabilities: Capabilities;
  /** A strict object. */
  readonly config: z.ZodType<C>;
  /** Settings that are secret. */
  readonly secrets: readonly string[];
  /** The setting with which the platform calls us: then nobody holds a connection, whatever `holders` says. */
  readonly calledWith?: string;
  load(): Promise<ChannelCode<C>>;
};
