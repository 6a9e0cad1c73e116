import type { ActorAddress, Journal, ToolOutcome } from '@queueclaw/contracts';

/** A call that the agent runs itself. */
export type ServiceCall = {
  readonly address: ActorAddress;
  /** The same whenever a crash repeats the call, and of no other call ever: what the call makes is named after it. */
  readonly name: string;
  /** Who wrote last of those whom the turn answers. */
  readonly asker: Journal['answers'][number];
  /** Who is alone with the assistant, as `personIn` names them; see `personAlone`. */
  readonly person: string | undefined;
  /** Wishes for a time zone, the strongest first. */
  readonly zones: readonly (string | undefined)[];
  /** When the model asked for it: the same whenever a crash repeats the call. Milliseconds since the epoch. */
  readonly askedAt: number;
  /** Milliseconds since the epoch, of Redis' clock. */
  readonly now: number;
};

/**
 * Does what a tool does, on checked arguments. It may be run again after a crash, and by two agents at once: it has its effect
 * once all the same. A failure is an outcome with `ok: false`.
 * @throws AppError system.*: the call stays out, and is made again
 */
export type ServiceRun<A> = (args: A, call: ServiceCall) => Promise<Omit<ToolOutcome, 'ms'>>;

/** By the tools' names. */
export type ServiceTools = Readonly<Record<string, ServiceRun<never>>>;
