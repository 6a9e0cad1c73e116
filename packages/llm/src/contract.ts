import type { ModelEvent, ModelFailure, ModelRequest, Usage } from '@queueclaw/contracts';
import type { Logger, ModelConfig } from '@queueclaw/runtime';

/** A model's settings together with the name it is configured under. */
export type NamedModelConfig = ModelConfig & { readonly name: string };

/** Events as our generators yield them. */
export type EventStream = AsyncGenerator<ModelEvent, void, undefined>;

/** What one try of a model yields: also that it was not asked, because it must be left alone or its rate is used up. */
export type TryEvent = ModelEvent | { readonly type: 'closed'; readonly failure: ModelFailure };

/** One try of one model. Never throws; the last event is `done`, `failed` or `closed`. `totalMs` is what is left of the time. */
export type Try = (request: ModelRequest, signal: AbortSignal, totalMs: number) => AsyncIterable<TryEvent>;

/** How a provider shows that a request is alive; the time-outs hang on it. */
export type Pulse = {
  /** The vendor has answered with headers. */
  connected(): void;
  /** Something arrived, even if it means nothing to us (a comment that keeps the connection open). */
  bytes(): void;
  /** An event of the vendor's protocol arrived. */
  event(): void;
  /** What the request has cost so far; it counts when the request is ended from our side. */
  used(usage: Usage): void;
};

/** A model as a provider makes it: it may throw, hang and end early; `guard` makes a `Model` of it. */
export type ProviderModel = {
  readonly name: string;
  stream(request: ModelRequest, signal: AbortSignal, pulse: Pulse): AsyncIterable<ModelEvent>;
};

export type ProviderDeps = { readonly fetch: typeof fetch; readonly logger: Logger };

/** What a provider's folder exports. `create` opens no connection. */
export type ProviderModule = { create(config: NamedModelConfig, deps: ProviderDeps): ProviderModel };

/** One line of the registry: everything about a provider that must be known before its code and SDK are loaded. */
export type Provider = {
  readonly name: string;
  /** The environment variable with its key; absent: it needs none. */
  readonly keyVariable?: string;
  /** The environment variable with another address. */
  readonly urlVariable?: string;
  /** The vendor's address, when its protocol is another provider's. */
  readonly baseUrl?: string;
  /** What its server calls the bound of an answer; absent: `max_tokens`. */
  readonly maxTokensField?: ModelConfig['max_tokens_field'];
  /** Its models can usually be shown pictures. */
  readonly vision: boolean;
  /** It answers in this process: there is nobody to spare. */
  readonly local?: true;
  load(): Promise<ProviderModule>;
};
