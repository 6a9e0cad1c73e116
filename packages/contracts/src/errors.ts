import { errorsZh } from './phrases/errors-zh.js';
import type { Language } from './phrases/index.js';

/**
 * Every error that leaves a process, in one table: its HTTP status, what a job does about it, and whether it is the
 * caller's (4xx), pressure (429) or ours (5xx). docs/errors.md is generated from it.
 */
export type Disposition = 'retry' | 'retry-after' | 'give-up' | 'ignore';

type Row = { readonly status: number; readonly disposition: Disposition; readonly says: string };

const row = (status: number, disposition: Disposition, says: string): Row => ({ status, disposition, says });

export const errorTable = {
  'request.invalid': row(422, 'give-up', 'The request does not fit its schema.'),
  'request.malformed': row(400, 'give-up', 'The body is not valid JSON, not UTF-8, or is nested too deep.'),
  'request.media_type': row(415, 'give-up', 'The content type must be application/json.'),
  'request.too_large': row(413, 'give-up', 'The body exceeds 1 MiB (8 MiB for a chat completion).'),
  'request.text_too_long': row(422, 'give-up', 'The text exceeds 64 KiB.'),
  'request.unsupported': row(400, 'give-up', 'This part of the protocol is not supported.'),
  'request.origin': row(403, 'give-up', 'This Origin or Host may not talk to this server.'),
  'auth.required': row(401, 'give-up', 'A bearer token is needed.'),
  'auth.invalid': row(401, 'give-up', 'The token is not known.'),
  'auth.forbidden': row(403, 'give-up', 'The token lacks the scope.'),
  'route.not_found': row(404, 'give-up', 'There is nothing at this address, or not for this method.'),
  'conversation.invalid': row(422, 'give-up', 'The conversation id is not valid.'),
  'conversation.not_found': row(404, 'give-up', 'There is no such conversation.'),
  'conversation.busy': row(429, 'retry-after', 'The mailbox of this conversation is full.'),
  'message.not_found': row(404, 'give-up', 'There is no such message, or it is older than 24 hours.'),
  'message.conflict': row(409, 'give-up', 'This id was used for another text.'),
  'message.poisoned': row(500, 'give-up', 'The message could not be processed after several tries.'),
  'dead_letter.not_found': row(404, 'give-up', 'There is no such dead letter; somebody may have been faster.'),
  'dead_letter.final': row(409, 'give-up', 'There is nothing in this dead letter that could be tried again.'),
  'pairing.not_found': row(404, 'give-up', 'There is no such code or person; the code may have expired.'),
  'pairing.full': row(409, 'give-up', 'Too many people are approved for this account.'),
  'attachment.not_found': row(422, 'give-up', 'There is no such attachment, or it was not used for too long.'),
  'attachment.too_large': row(413, 'give-up', 'The attachment exceeds state.blobs.max_size (20 MiB unless set).'),
  'attachment.unreadable': row(422, 'give-up', 'No file of the message could be read, and it has no text.'),
  'attachment.voice': row(422, 'give-up', 'The message is a voice note, and nothing here can listen to it.'),
  'attachment.quota': row(507, 'give-up', "The tenant's attachments exceed state.blobs.tenant_quota."),
  'rate.limited': row(429, 'retry-after', 'Too many requests.'),
  'sockets.too_many': row(429, 'retry-after', 'Too many sockets are open for this token.'),
  'system.unavailable': row(503, 'retry', 'The system is starting, stopping, or Redis is away.'),
  'system.full': row(503, 'retry', 'Redis is out of memory: nothing was accepted.'),
  'system.internal': row(500, 'retry', 'An unexpected error.'),
  'redis.unsafe': row(503, 'give-up', 'Redis may evict or lose keys (maxmemory-policy or persistence).'),
  'config.invalid': row(500, 'give-up', 'The configuration is not valid.'),
  'llm.rate_limited': row(503, 'retry-after', 'The model is rate-limited.'),
  'llm.overloaded': row(503, 'retry-after', 'The model is overloaded.'),
  'llm.unavailable': row(503, 'retry', 'The model cannot be reached or answered 5xx.'),
  'llm.timeout': row(504, 'retry', 'The model did not answer in time.'),
  'llm.interrupted': row(502, 'retry', 'The stream of the answer broke off.'),
  'llm.nonsense': row(502, 'retry', 'The model answered what is not its protocol.'),
  'llm.refused': row(502, 'give-up', 'The model refused the request.'),
  'llm.auth': row(502, 'give-up', 'The key for the model is missing or wrong.'),
  'llm.context': row(502, 'give-up', "The request exceeds the model's window."),
  'llm.aborted': row(499, 'ignore', 'The request was stopped.'),
  'budget.exceeded': row(
    429,
    'give-up',
    'A budget of the day is used up: of the person, the conversation or the tenant.',
  ),
  'turn.limit': row(500, 'give-up', 'The turn reached its limit of steps, tools, tokens or time.'),
  'turn.failed': row(500, 'give-up', 'The turn failed.'),
  'tool.unknown': row(422, 'give-up', 'There is no such tool.'),
  'tool.arguments': row(422, 'give-up', "The arguments do not fit the tool's schema."),
  'tool.not_allowed': row(403, 'give-up', 'The policy does not allow this call.'),
  'tool.denied': row(403, 'give-up', 'A person refused this call.'),
  'tool.unapproved': row(403, 'give-up', 'Nobody approved this call in time.'),
  'tool.failed': row(500, 'give-up', 'The tool failed.'),
  'tool.timeout': row(504, 'give-up', 'The tool did not finish in time.'),
  'tool.output_limit': row(500, 'give-up', 'The tool wrote more than it may.'),
  'tool.memory_limit': row(500, 'give-up', 'The tool used more memory than it may.'),
  'tool.unknown_outcome': row(500, 'give-up', 'The tool was started and its outcome is unknown.'),
  'tool.cancelled': row(499, 'ignore', 'The call was cancelled.'),
  'sandbox.unavailable': row(503, 'give-up', 'The sandbox cannot contain commands on this machine.'),
  'channel.failed': row(502, 'retry', 'The platform did not accept the message.'),
  'channel.slow': row(429, 'retry-after', 'The platform takes no more messages at the moment; this one waits.'),
  'channel.down': row(503, 'retry-after', 'The platform is away; messages to it wait.'),
  'channel.rejected': row(502, 'give-up', 'The platform refuses the message for good.'),
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof errorTable;

export type AppErrorOptions = {
  /** Safe for people: no token, no payload. Defaults to the table's sentence. */
  readonly publicMessage?: string | undefined;
  /** The same in every language; `publicMessage` need not be given then. */
  readonly publicMessages?: Readonly<Record<Language, string>> | undefined;
  /** Milliseconds after which a retry makes sense. */
  readonly retryAfterMs?: number | undefined;
  /** Who has to wait that long: all of the account, or one chat. Absent: nobody said. */
  readonly waits?: 'account' | 'chat' | undefined;
  readonly cause?: unknown;
};

/** The one error type that crosses a function's door on purpose. Its message is public; details go to `cause`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly disposition: Disposition;
  readonly publicMessage: string;
  readonly publicMessages: Readonly<Record<Language, string>> | undefined;
  readonly retryAfterMs: number | undefined;
  readonly waits: 'account' | 'chat' | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    const publicMessage = options.publicMessage ?? options.publicMessages?.en ?? errorTable[code].says;
    super(publicMessage, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.status = errorTable[code].status;
    this.disposition = errorTable[code].disposition;
    this.publicMessage = publicMessage;
    this.publicMessages = options.publicMessages;
    this.retryAfterMs = options.retryAfterMs;
    this.waits = options.waits;
  }
}

/** The table's sentence for a code. */
export function errorSentence(code: ErrorCode, language: Language): string {
  return language === 'zh' ? errorsZh[code] : errorTable[code].says;
}

/** What an error says to people: in their language where it is the table's sentence or has one of its own, else as it is. */
export function publicMessageIn(error: AppError, language: Language): string {
  const { code, publicMessage, publicMessages } = error;
  return publicMessages?.[language] ?? translateSentence(code, publicMessage, language);
}

/** A sentence of the table in another language; what a process said in words of its own stays as it is. */
export function translateSentence(code: ErrorCode, sentence: string, language: Language): string {
  return sentence === errorTable[code].says ? errorSentence(code, language) : sentence;
}

/** Any thrown value as an AppError: ours unchanged, anything else as `system.internal` with the cause kept. */
export function toAppError(thrown: unknown, code: ErrorCode = 'system.internal'): AppError {
  return thrown instanceof AppError ? thrown : new AppError(code, { cause: thrown });
}

/** True for a known code; for values that arrive from outside. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}
