import type { Attachment } from './attachments.js';
import type { ErrorCode } from './errors.js';
import type { Usage } from './mail.js';
import type { ToolSpec } from './tools.js';

/** A tool call as the model made it; `id` is ours (`<turn>.<step>.<n>`) in requests and the vendor's in events. */
export type ModelCall = { readonly id: string; readonly name: string; readonly args: unknown };

/** The pictures that every vendor takes. */
export const imageMediaTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const;

/** A picture for a model. `name` is for the sentence that stands in its place when it cannot be sent; it is untrusted. */
export type ModelImage = {
  readonly mediaType: (typeof imageMediaTypes)[number];
  readonly data: Uint8Array;
  readonly name?: string | undefined;
};

export type ModelMessage =
  | {
      readonly role: 'user';
      /** Names the attachments too. */
      readonly text: string;
      /** What `images` is made of, right before the model is asked; providers do not read it. */
      readonly attachments?: readonly Attachment[] | undefined;
      readonly images?: readonly ModelImage[] | undefined;
    }
  | { readonly role: 'assistant'; readonly text: string; readonly calls?: readonly ModelCall[] | undefined }
  | {
      readonly role: 'tool';
      readonly call: string;
      readonly name: string;
      readonly text: string;
      readonly ok: boolean;
    };

/** Who pays for a request: asked before each try of it, and told what the try has used. */
export type Meter = {
  /** The most output tokens that the next try may have, or why there must be none. Never rejects. */
  before(): Promise<number | ModelFailure>;
  /** After each try that `before` allowed, once. `model` is the one that answered, as its vendor names it, or was asked. */
  after(usage: Usage, model: string): void;
};

/** One request to a model, in no vendor's words. Tool-call pairs are whole; the first message is a user's. */
export type ModelRequest = {
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly Pick<ToolSpec, 'name' | 'description' | 'parameters'>[];
  readonly maxOutputTokens: number;
  /** Stable for the step (`<tenant>/<conversation>/<turn>.<step>`); for logs and vendors' idempotence keys. */
  readonly key: string;
  /** Milliseconds that the answer may take from now on, all tries, models and waits included; absent: the models' own. */
  readonly timeoutMs?: number | undefined;
  readonly meter?: Meter | undefined;
};

export type ModelFailure = {
  readonly code: ErrorCode;
  readonly publicMessage: string;
  readonly retryAfterMs?: number | undefined;
};

/**
 * What a model's stream yields. It never throws: the last event is `done` or `failed`, exactly once. A `call` event is
 * emitted only for a complete call; a stream cut inside a call ends in `failed` (`llm.interrupted`). After `restart` all
 * text and calls so far are void: another model answers from the beginning.
 */
export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'call'; readonly call: ModelCall }
  | { readonly type: 'restart' }
  | {
      readonly type: 'done';
      readonly reason: 'stop' | 'calls' | 'length';
      readonly usage: Usage;
      /** The model that answered, as the vendor names it. */
      readonly model: string;
    }
  | { readonly type: 'failed'; readonly failure: ModelFailure; readonly usage?: Usage | undefined };

/** A model as the agent uses it. */
export type Model = {
  /** The configured name, e.g. `claude`. */
  readonly name: string;
  /** Streams one answer. Never throws, honours `signal` with `failed` (`llm.aborted`). */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
};

/** A stream folded into one value. */
export type ModelOutcome =
  | {
      readonly ok: true;
      readonly text: string;
      readonly calls: readonly ModelCall[];
      readonly reason: 'stop' | 'calls' | 'length';
      readonly usage: Usage;
      readonly model: string;
    }
  | { readonly ok: false; readonly text: string; readonly failure: ModelFailure; readonly usage?: Usage | undefined };
